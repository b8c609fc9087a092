-- The truth of one installation. Times are whole seconds since 1970 (UTC). `json` columns hold what only the
-- program reads; what is asked for by value has a column of its own.

create table if not exists sources (
  name           text primary key,
  etag           text,
  last_modified  text,
  body_hash      text,               -- for servers that send neither validator
  next_check_at  integer not null default 0,
  checked_at     integer,            -- last try
  succeeded_at   integer,            -- last try that answered 200 or 304
  newest_at      integer,            -- publication time of the newest entry ever seen: a frozen feed stops moving
  error_count    integer not null default 0,
  last_error     text,
  stored         integer not null default 0
) strict;

create table if not exists documents (
  row        integer primary key,    -- order of arrival; the index remembers the last one it holds
  id         text not null unique,
  kind       text not null,
  title      text not null,
  text       text not null,
  url        text,
  published  integer,
  day_only   integer not null default 0,
  fetched    integer not null,
  source     text,
  about      text,
  rank       real,
  volume     real,
  rating     real,
  story      text not null,
  author     text                    -- salted hash, never a name
) strict;
create index if not exists documents_by_time on documents (published);
create index if not exists documents_by_story on documents (story);

create table if not exists analyses (
  document    integer primary key references documents (row) on delete cascade,
  outage      integer not null,
  current     integer not null,
  probability real not null,
  json        text not null
) strict;

-- One row per "this document claims that this feature of this service fails".
create table if not exists reports (
  id         text primary key,
  document   integer not null references documents (row) on delete cascade,
  service    text not null,
  feature    text not null,          -- empty: the service as a whole
  published  integer,
  started    integer,                -- of the event told, where the text says it
  ended      integer,
  minutes    integer,
  cause      text,
  historical integer not null
) strict;
create index if not exists reports_by_service on reports (service, published);
create index if not exists reports_by_time on reports (published);

create table if not exists incidents (
  id         text primary key,
  service    text not null,
  state      text not null,
  impact     text not null,
  opened_at  integer not null,
  updated_at integer not null,
  closed_at  integer,
  json       text not null
) strict;
create index if not exists incidents_by_state on incidents (state, opened_at);

create table if not exists changes (
  id       integer primary key,
  incident text not null references incidents (id) on delete cascade,
  at       integer not null,
  change   text not null,
  json     text not null,
  unique (incident, at, change, json)
) strict;

create table if not exists evidence (
  incident text not null references incidents (id) on delete cascade,
  document text not null,
  at       integer not null,
  primary key (incident, document)
) strict, without rowid;

create index if not exists evidence_by_time on evidence (incident, at, document);

create table if not exists acknowledgements (
  incident text primary key references incidents (id) on delete cascade,
  by       text not null,
  note     text not null,
  at       integer not null
) strict;

-- What people say of an incident: whether it was one.
create table if not exists verdicts (
  incident text primary key references incidents (id) on delete cascade,
  correct  integer not null,
  at       integer not null
) strict;

create table if not exists detector_state (
  one     integer primary key check (one = 1),
  version integer not null,
  seen    integer not null,          -- last document row that went into it
  blob    blob not null
) strict;

create table if not exists endpoints (
  name        text primary key,
  disabled_at integer,
  reason      text
) strict;

create table if not exists outbox (
  id         text primary key,       -- sent as the message id: a receiver drops what it has seen
  alert      text not null,
  incident   text,
  endpoint   text not null,
  body       text not null,
  created_at integer not null,
  due_at     integer not null,
  leased_to  integer not null default 0,
  tries      integer not null default 0,
  state      text not null default 'pending'  -- pending, delivered, dead
) strict;
create index if not exists outbox_by_due on outbox (state, due_at);
create index if not exists outbox_by_incident on outbox (incident, created_at);

create table if not exists attempts (
  id         integer primary key,
  delivery   text not null references outbox (id) on delete cascade,
  at         integer not null,
  status     integer,
  took_ms    integer not null,
  error      text
) strict;
create index if not exists attempts_by_delivery on attempts (delivery, at);

-- Queries that every new document is matched against.
create table if not exists saved_searches (
  name       text primary key,
  query      text not null,
  endpoints  text not null,          -- JSON list of names; told of each hit
  created_at integer not null
) strict;

create table if not exists saved_hits (
  search   text not null references saved_searches (name) on delete cascade,
  document integer not null references documents (row) on delete cascade,
  at       integer not null,
  primary key (search, document)
) strict, without rowid;
create index if not exists saved_hits_by_document on saved_hits (document);

create table if not exists percolated (
  one integer primary key check (one = 1),
  row integer not null               -- last document that was matched against the saved searches
) strict;
