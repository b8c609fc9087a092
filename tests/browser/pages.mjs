// Every page in headless Chromium: phone and desktop, light and dark, with and without script.
//   node pages.mjs MEOKTONG [SCREENSHOT_DIRECTORY]
// MEOKTONG is the program; CHROMIUM names the browser (default: chromium).
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

const [program, shots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const sizes = { phone: { width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true }, desktop: { width: 1280, height: 900, deviceScaleFactor: 1 } };
const faults = [];
const fault = (where, what) => { faults.push(`${where}: ${what}`); console.error(`FAULT ${where}: ${what}`); };
if (shots) { mkdirSync(shots, { recursive: true }); }

// The demo's day, stopped at a time of it; resolves when its pages can be read.
function day(...given) {
  const playing = given.includes('--playing');
  const options = given.filter((one) => one !== '--playing');
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['demo', '--listen', '127.0.0.1:0', ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (piece) => {
      said += piece;
      const address = said.match(/dashboard at (http:\/\/\S+)\//)?.[1];
      if (address && (said.includes('until Ctrl-C') || playing)) { resolve({ address, child }); }
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`${program} ended with ${code}: ${said}`)));
  });
}

async function open(browser, size, theme, language) {
  const page = await browser.newPage();
  await page.setViewport(sizes[size]);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
  await page.setExtraHTTPHeaders({ 'accept-language': language });
  return page;
}

async function look(page, where, address) {
  const log = [];
  page.removeAllListeners('console'); page.removeAllListeners('requestfailed'); page.removeAllListeners('response'); page.removeAllListeners('pageerror');
  page.on('console', (message) => { if (['error', 'warn'].includes(message.type())) { log.push(`console: ${message.text()}`); } });
  page.on('pageerror', (error) => log.push(`script: ${error.message}`));
  page.on('requestfailed', (request) => { if (request.failure()?.errorText !== 'net::ERR_ABORTED') { log.push(`request: ${request.url()} ${request.failure()?.errorText}`); } });
  page.on('response', (response) => { if (response.status() >= 400) { log.push(`answer ${response.status()}: ${response.url()}`); } });
  await page.goto(address, { waitUntil: 'load' });
  await new Promise((done) => setTimeout(done, 150));
  for (const one of log) { fault(where, one); }
  const wide = await page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) { return null; }
    const scrolls = (one) => { for (let at = one.parentElement; at; at = at.parentElement) { if (getComputedStyle(at).overflowX !== 'visible') { return true; } } return false; };
    const guilty = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > room + 1 && !scrolls(one));
    return `${document.documentElement.scrollWidth} > ${room}: ${guilty.slice(0, 3).map((one) => one.outerHTML.slice(0, 90)).join(' | ')}`;
  });
  if (wide) { fault(where, `scrolls sideways, ${wide}`); }
  // By the protocol, not by an element: the page's policy forbids scripts of others.
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  for (const one of found.violations.filter((one) => ['serious', 'critical'].includes(one.impact))) {
    fault(where, `axe ${one.id} (${one.impact}): ${one.nodes.slice(0, 3).map((node) => `${node.target} ${node.any[0]?.message ?? node.failureSummary}`).join(' | ')}`);
  }
}

const places = ['/', '/incidents', '/search', '/search?q=%EC%B9%B4%EC%B9%B4%EC%98%A4%ED%86%A1+%EC%98%A4%EB%A5%98', '/search?q=service%3A%28', '/services', '/services/kakaotalk', '/trends', '/sources', '/alerts', '/dictionary', '/api', '/login'];

async function all(browser, state, address) {
  const incidents = (await (await fetch(`${address}/api/v1/incidents`)).json()).incidents;
  if (incidents.length === 0) { fault(state, 'no incident'); }
  const list = [...places, ...incidents.slice(0, 1).map((one) => `/incidents/${one.id}`)];
  for (const size of Object.keys(sizes)) {
    for (const theme of ['light', 'dark']) {
      const page = await open(browser, size, theme, theme === 'dark' && size === 'phone' ? 'en' : 'ko');
      for (const place of list) {
        const name = `${state}-${place === '/' ? 'now' : place.slice(1).replace(/inc_.*/, 'one').replace(/[^a-z]+/gi, '-').slice(0, 24)}-${size}-${theme}`;
        await look(page, name, address + place);
        if (shots) { await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true }); }
      }
      await page.close();
    }
  }
  const missing = await open(browser, 'desktop', 'light', 'ko');
  const answer = await missing.goto(`${address}/nothing`);
  if (answer.status() !== 404 || !(await missing.$('h1'))) { fault(state, 'a missing page is no page'); }
  await missing.close();

  const bare = await open(browser, 'desktop', 'light', 'ko');
  await bare.setJavaScriptEnabled(false);
  for (const place of list) {
    await bare.goto(address + place);
    const text = await bare.$eval('main', (main) => main.textContent.trim().length);
    if (text < 20) { fault(`${state} ${place}`, 'says nothing without script'); }
  }
  await bare.close();
}

async function keys(browser, address) {
  const page = await open(browser, 'desktop', 'light', 'en');
  await page.goto(`${address}/incidents`);
  await page.keyboard.press('j');
  const first = await page.evaluate(() => document.activeElement.getAttribute('href'));
  if (!first?.startsWith('/incidents/inc_')) { fault('keys', `j stands on ${first}`); }
  await page.keyboard.press('?');
  if (!(await page.$eval('dialog', (dialog) => dialog.open))) { fault('keys', '? opens no help'); }
  await page.keyboard.press('Escape');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('/')]);
  if (!page.url().endsWith('/search')) { fault('keys', '/ does not lead to the search'); }
  await page.waitForFunction(() => document.activeElement?.id === 'q');
  await page.keyboard.type('오류');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  if (!(await page.$('.hits li'))) { fault('keys', 'the search finds nothing'); }
  // Preferences are links and need no script.
  await page.goto(`${address}/set?theme=dark&lang=ko&back=/sources`);
  const [theme, language] = await page.$eval('html', (html) => [html.dataset.theme, html.lang]);
  if (theme !== 'dark' || language !== 'ko' || !page.url().endsWith('/sources')) { fault('set', `${theme} ${language} ${page.url()}`); }
  await page.close();
}

async function alive(browser) {
  // Runs while it is looked at: the page must change without being loaded again.
  const { address, child } = await day('--speed', '1200', '--playing');
  const page = await open(browser, 'desktop', 'light', 'ko');
  await page.goto(address);
  await page.evaluate(() => { window.kept = true; });
  await page.waitForFunction(() => document.querySelector('.banner.down h1')?.textContent.includes('카카오톡'), { timeout: 90_000 });
  if (!(await page.evaluate(() => window.kept))) { fault('live', 'the page was loaded again'); }
  await page.close();
  child.kill('SIGTERM');
}

const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'] });
try {
  const down = await day('--speed', '6000', '--until', '09:41');
  await all(browser, 'down', down.address);
  down.child.kill('SIGTERM');
  const calm = await day('--speed', '6000');
  await all(browser, 'calm', calm.address);
  await keys(browser, calm.address);
  calm.child.kill('SIGTERM');
  await alive(browser);
} finally {
  await browser.close();
}
console.log(faults.length ? `${faults.length} faults` : 'pages: no fault');
process.exit(faults.length ? 1 : 0);
