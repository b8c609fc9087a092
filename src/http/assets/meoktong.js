// Liveness and keys; every page is right without this file.
(() => {
  'use strict';
  const byKey = (selector) => document.querySelector(selector);

  // The page is made by the server: what changed is asked for again and put in place of what stands.
  const announce = byKey('[data-announce]');
  const pulse = byKey('[data-pulse]');
  let asking = false, again = false;
  const busy = () => {
    const at = document.activeElement;
    return at && /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) && document.getElementById('main').contains(at);
  };
  const refresh = async () => {
    if (asking) { again = true; return; }
    if (busy() || document.hidden) { return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: 'text/html' }, credentials: 'same-origin' });
      if (answer.ok) {
        const made = new DOMParser().parseFromString(await answer.text(), 'text/html');
        const fresh = made.getElementById('main'), old = document.getElementById('main');
        if (fresh && old && fresh.innerHTML !== old.innerHTML && !busy()) {
          const open = [...old.querySelectorAll('details')].map((one) => one.open);
          const at = document.activeElement, href = old.contains(at) && at.getAttribute('href');
          old.replaceChildren(...fresh.childNodes);
          old.querySelectorAll('details').forEach((one, place) => { if (place < open.length) { one.open = open[place]; } });
          if (href) { old.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true }); }
          document.title = made.title;
        }
      }
    } catch { /* The stream tells when the server is there again. */ }
    asking = false;
    if (again) { again = false; setTimeout(refresh, 1500); }
  };

  if ('EventSource' in window && document.body.hasAttribute('data-live')) {
    const stream = new EventSource('/api/v1/events');
    stream.addEventListener('open', () => { pulse.hidden = false; pulse.classList.remove('off'); });
    stream.addEventListener('error', () => pulse.classList.add('off'));
    stream.addEventListener('standing', refresh);
    stream.addEventListener('behind', refresh);
    stream.addEventListener('incident', (event) => {
      const told = JSON.parse(event.data);
      const korean = document.documentElement.lang === 'ko';
      const words = { opened: ['장애 의심', 'suspected'], confirmed: ['장애 확인', 'is down'], restored: ['복구 보고', 'reported restored'], resolved: ['장애 종료', 'resolved'] };
      const word = words[told.change];
      if (word) { announce.textContent = `${korean ? told.name : told.service} ${word[korean ? 0 : 1]}`; }
      refresh();
    });
    addEventListener('pagehide', () => stream.close());
    document.addEventListener('visibilitychange', () => { if (!document.hidden) { refresh(); } });
  }

  // Keys.
  const dialog = byKey('[data-keys]');
  const help = byKey('[data-help]');
  if (help && dialog) { help.hidden = false; help.addEventListener('click', () => dialog.showModal()); }
  const rows = () => [...document.querySelectorAll('main [data-row]')].filter((row) => row.offsetParent !== null);
  const step = (by) => {
    const all = rows();
    if (!all.length) { return; }
    const at = all.findIndex((row) => row.classList.contains('here'));
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    all[at]?.classList.remove('here');
    next.classList.add('here');
    next.scrollIntoView({ block: 'nearest' });
    next.querySelector('a')?.focus({ preventScroll: true });
  };
  let waiting = 0;
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) { return; }
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || dialog?.open) { return; }
    if (Date.now() - waiting < 1200) {
      waiting = 0;
      const place = byKey(`.places a[data-key="${CSS.escape(event.key)}"]`);
      if (place) { event.preventDefault(); place.click(); }
      return;
    }
    switch (event.key) {
      case '/': {
        event.preventDefault();
        const box = byKey('[data-query]');
        if (box) { box.focus(); box.select(); } else { location.href = '/search'; }
        break;
      }
      case 'j': step(1); break;
      case 'k': step(-1); break;
      case 'g': waiting = Date.now(); break;
      case '?': dialog?.showModal(); break;
      default: return;
    }
  });

  // Days of the histogram can be swept over.
  document.querySelectorAll('[data-brush]').forEach((figure) => {
    let from = null;
    const of = (event) => event.target.closest?.('a[href]');
    figure.addEventListener('pointerdown', (event) => { from = of(event); });
    figure.addEventListener('dragstart', (event) => event.preventDefault());
    figure.addEventListener('pointerup', (event) => {
      const until = of(event);
      if (!from || !until || from === until) { from = null; return; }
      const read = (link) => new URL(link.href, location.href).searchParams.get('q');
      const days = [read(from), read(until)].map((q) => [q.match(/after:(\S+)(?!.*after:)/)?.[1], q.match(/before:(\S+)(?!.*before:)/)?.[1]]);
      days.sort((one, other) => (one[0] < other[0] ? -1 : 1));
      const here = new URL(location.href);
      const query = (here.searchParams.get('q') || '').replace(/\s*(after|before):\S+/g, '').trim();
      here.searchParams.set('q', `${query} after:${days[0][0]} before:${days[1][1]}`.trim());
      here.searchParams.delete('cursor');
      from = null;
      location.href = here.href;
    });
  });

  if (location.pathname === '/search' && !location.search) { byKey('[data-query]')?.focus(); }
})();
