-- How far each source is read, what it costs, and what it usually does. Times are seconds since 1970 (UTC).

create table if not exists source_progress (
  source      text primary key,
  cursor      text not null default '{}',
  pace        real not null default 1.0,   -- the schedule's interval times this
  broken_at   integer,
  skipped     integer not null default 0,  -- entries set aside in all
  pages_read  integer not null default 0,  -- article pages since the page rules last failed to match …
  pages_missed integer not null default 0, -- … and those in a row that they did not match
  drift_at    integer
) strict;

create table if not exists quota (
  account text not null,                   -- provider and name of the variable with the key, never the key
  period  text not null,                   -- a day in Korea or a month
  used    integer not null,
  primary key (account, period)
) strict, without rowid;

-- What arrived from a source in an hour; a row of 0 says that it was asked.
create table if not exists source_hours (
  source    text not null,
  hour      integer not null,              -- hours since 1970
  documents integer not null,
  primary key (source, hour)
) strict, without rowid;

create table if not exists trend_ranks (
  source text not null,
  at     integer not null,
  query  text not null,
  rank   integer not null,
  delta  integer,                          -- places up; null for a new one
  volume real,
  primary key (source, query, at)
) strict, without rowid;
create index if not exists trend_ranks_by_time on trend_ranks (at);

-- What a known document said before and says now: an update is a version, not another report.
create table if not exists contents (
  document text primary key,
  hash     text not null,
  estimated integer not null default 0     -- whether the publication time is the time of fetching
) strict, without rowid;
create table if not exists versions (
  document text not null,
  seen_at  integer not null,
  title    text not null,
  text     text not null,
  primary key (document, seen_at)
) strict, without rowid;

create table if not exists installation (
  one  integer primary key check (one = 1),
  salt text not null                       -- for hashes of authors: useless outside this installation
) strict;
