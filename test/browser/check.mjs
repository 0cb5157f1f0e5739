// SPDX-License-Identifier: EUPL-1.2
//
// Opens pages in Chromium at several widths and in several languages, and writes what is wrong with them as JSON:
//   node check.mjs CHROMIUM ORDERS
// ORDERS is JSON: {"link": the address that signs in, "pages": [addresses], "widths": [pixels], "languages": [tags], "shots": directory or ""}.
// One browser does it all, with some pages open at once. Each page is loaded once for each language and then made wide and narrow.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [executablePath, orders] = process.argv.slice(2);
const { link, pages, widths, languages, shots } = JSON.parse(readFileSync(orders, 'utf8'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
// How many pages are open at once, and how high they are.
const atOnce = 3;
const height = 900;
// 200 % zoom on a screen of 1280 pixels leaves 640.
const zoomed = 640;

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ bypassCSP: false });
const faults = [];
const paints = [];

// open makes a page that tells what goes wrong in it.
async function open() {
  const page = await context.newPage();
  const state = { at: link, width: 0, language: '' };
  const tell = (fault) => faults.push({ page: state.at, width: state.width, language: state.language, fault });
  page.on('pageerror', (e) => tell(`script: ${e.message}`));
  page.on('console', (m) => { if (m.type() === 'error') tell(`console: ${m.text()}`); });
  page.on('request', (r) => {
    const host = new URL(r.url()).hostname;
    if (host !== '127.0.0.1') tell(`request to ${host}`);
  });
  return { page, state, tell };
}

const over = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;

// judge runs the accessibility checker on what the page shows now.
async function judge({ page, tell }, media) {
  const result = await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] })`);
  for (const v of result.violations) {
    for (const n of v.nodes) tell(`${media}${v.id}: ${n.target.join(' ')} (${v.help})`);
  }
}

async function visit(one, address, language) {
  const { page, state, tell } = one;
  Object.assign(state, { at: address, language, width: widths[0] });
  await page.emulateMedia({ forcedColors: 'none', reducedMotion: 'no-preference' });
  await page.setExtraHTTPHeaders({ 'Accept-Language': language });
  await page.setViewportSize({ width: widths[0], height });
  await page.goto(address);
  const spoken = await page.evaluate(() => document.documentElement.lang);
  if (spoken !== language.slice(0, 2)) tell(`is in ${spoken}`);
  // The policy of the pages forbids scripts from elsewhere; the checker is run beside them, not in them.
  await page.evaluate(`${axe};0`);
  for (const width of widths) {
    state.width = width;
    await page.setViewportSize({ width, height });
    const by = await page.evaluate(over);
    if (by > 0) tell(`scrolls sideways by ${by} px`);
    await judge(one, '');
    if (shots && language === languages[0]) {
      const { pathname, search } = new URL(address);
      await page.screenshot({ path: `${shots}/${(pathname + search).replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'start'}-${width}.png`, fullPage: true });
    }
  }
  state.width = zoomed;
  await page.setViewportSize({ width: zoomed, height: height / 2 });
  const by = await page.evaluate(over);
  if (by > 0) tell(`at 200 % it scrolls sideways by ${by} px`);
  if (language !== languages[0]) return; // colours and motion say the same in every language
  state.width = widths[0];
  await page.setViewportSize({ width: widths[0], height });
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await judge(one, 'forced colours: ');
  const moving = await page.evaluate(() => [...document.getAnimations()].filter((a) => a.playState === 'running' && a.effect.getComputedTiming().duration > 10).length);
  if (moving > 0) tell(`${moving} animations run although motion is to be reduced`);
}

const first = await open();
await first.page.goto(link);
const queue = languages.flatMap((language) => pages.map((address) => [address, language]));
const workers = [first];
while (workers.length < atOnce) workers.push(await open());
await Promise.all(workers.map(async (one) => {
  for (let next = queue.shift(); next; next = queue.shift()) await visit(one, ...next);
}));
// How soon the largest part of a page is painted, by itself in a fresh page: told, and judged by nobody.
for (const address of pages.slice(0, 3)) {
  const { page } = await open();
  await page.setViewportSize({ width: widths[0], height });
  await page.goto(address);
  paints.push({
    page: address,
    ms: await page.evaluate(() => new Promise((done) => {
      new PerformanceObserver((l) => done(Math.round(l.getEntries().at(-1).startTime))).observe({ type: 'largest-contentful-paint', buffered: true });
      setTimeout(() => done(-1), 3000);
    })),
  });
  await page.close();
}
await browser.close();
process.stdout.write(JSON.stringify({ faults, paints }));
