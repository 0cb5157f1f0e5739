// SPDX-License-Identifier: EUPL-1.2
//
// Opens pages in Chromium, and writes what is wrong with them as JSON:
//   node check.mjs CHROMIUM ORDERS
// ORDERS is JSON: {"cookie": the session's, as playwright takes it, "pages": [addresses], "open": [addresses for whoever is not signed in], "languages": [tags],
// "models": [those of the pages that are held against every rule in every way], "shots": directory or ""}. Each page is loaded once in each of two
// languages. No page may scroll sideways at any width, nor at 200 %. One browser does it all, with some pages open at once.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [executablePath, orders] = process.argv.slice(2);
const { cookie, pages, models, open: strangers, languages, shots } = JSON.parse(readFileSync(orders, 'utf8'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const wide = 1280, phone = 390, narrow = 320, height = 900;
// 200 % zoom on a screen of 1280 pixels leaves 640.
const zoomed = 640;
// How many pages are open at once.
const atOnce = 3;
// Every rule of the levels that the law asks for, and those of them that depend on how wide a page is, or on its texts as well. What else a rule looks at is
// the same at every width and in both languages: the elements are, and the style sheet has its colours from one place. The models are held against all
// of them in every way, and the guide, which shows every part in every state, is one.
const all = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };
const byWidth = { type: 'rule', values: ['target-size', 'scrollable-region-focusable'] };
const byText = {
  type: 'rule',
  values: [...byWidth.values, 'html-has-lang', 'html-lang-valid', 'valid-lang', 'document-title', 'button-name', 'link-name', 'input-button-name', 'label', 'select-name',
    'image-alt', 'svg-img-alt', 'role-img-alt', 'summary-name', 'aria-command-name', 'aria-input-field-name', 'aria-toggle-field-name', 'aria-progressbar-name',
    'frame-title', 'duplicate-id-aria', 'aria-valid-attr-value'],
};
const plain = { forcedColors: 'none', reducedMotion: 'no-preference' };

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const inside = await browser.newContext();
const outside = await browser.newContext();
await inside.addCookies([cookie]);
const faults = [];
const paints = [];

// open makes a page that tells what goes wrong in it.
async function open(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(180_000); // long, because it is only there to end a test that hangs
  const state = { page: '', width: 0, language: '' };
  const tell = (...all) => faults.push(...all.map((fault) => ({ ...state, fault })));
  page.on('pageerror', (e) => tell(`script: ${e.message}`));
  page.on('console', (m) => { if (m.type() === 'error') tell(`console: ${m.text()}`); });
  page.on('request', (r) => {
    const host = new URL(r.url()).hostname;
    if (host !== '127.0.0.1') tell(`request to ${host}`);
  });
  return { page, state, tell };
}

/** How many pixels the page can be scrolled sideways, as text; empty when it cannot. */
async function sideways(page) {
  const found = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return '';
    const kept = (e) => { for (let p = e.parentElement; p && p !== document.documentElement; p = p.parentElement) if (getComputedStyle(p).overflowX !== 'visible') return true; return false; };
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    const beyond = [];
    while (walk.nextNode()) {
      range.selectNodeContents(walk.currentNode);
      if (range.getBoundingClientRect().right > clientWidth + 0.5 && !kept(walk.currentNode)) beyond.push(walk.currentNode.data.trim());
    }
    return `scrolls sideways by ${scrollWidth - clientWidth} px, where it says ${JSON.stringify(beyond)}`;
  });
  return found ? [found] : [];
}

/** What the accessibility checker finds on the page as it stands. The pages' policy forbids scripts from elsewhere; it is run beside them, not in them. */
async function violations(page, rules) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(`${axe};0`);
  const found = await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'], preload: false, iframes: false })`);
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} (${v.help})`));
}

/** Opens everything that can be opened. */
const unfold = (page) => page.evaluate(() => { for (const d of document.querySelectorAll('main details')) d.open = true; });

/** Loads the page in a language. */
async function load({ page, state, tell }, address, language) {
  Object.assign(state, { page: address, language });
  await page.setExtraHTTPHeaders({ 'Accept-Language': language });
  const answer = await page.goto(address);
  if (answer.status() !== 200 || page.url() !== address) tell(`answers ${answer.status()} from ${page.url()}`);
  const spoken = await page.evaluate(() => document.documentElement.lang);
  if (spoken !== language.slice(0, 2)) tell(`is in ${spoken}`);
}

async function widen({ page, state }, width) {
  state.width = width;
  await page.setViewportSize({ width, height });
}

async function shoot({ page, state }) {
  if (!shots) return;
  const { pathname, search } = new URL(state.page);
  await page.screenshot({ path: `${shots}/${(pathname + search).replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'start'}-${state.width}.png`, fullPage: true });
}

/**
 * Visits a page twice. In the one language everything that can be unfolded is, and the page is held against every rule at its widest, then at 200 % and at
 * its narrowest, with forced colours and reduced motion. In the other it stands as it was sent, at the width of a phone and at its narrowest, and is
 * unfolded last. Which language comes first goes by turns.
 */
async function visit(one, address, turn) {
  const { page, tell } = one;
  const thorough = models.includes(address);
  const [first, second] = turn % 2 ? [...languages].reverse() : languages;
  const judge = async (face, rules) => tell(...[...await sideways(page), ...rules ? await violations(page, rules) : []].map((f) => face + f));
  await widen(one, wide);
  await load(one, address, first);
  await shoot(one);
  if (thorough) await judge('', all);
  await unfold(page);
  await judge('unfolded: ', all);
  await widen(one, zoomed);
  await judge('unfolded: ');
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await widen(one, narrow);
  await judge('unfolded, forced colours: ', thorough ? all : byWidth);
  const moving = await page.evaluate(() => [...document.getAnimations()].filter((a) => a.playState === 'running' && a.effect.getComputedTiming().duration > 10).length);
  if (moving > 0) tell(`${moving} animations run although motion is to be reduced`);
  await page.emulateMedia(plain);

  await widen(one, phone);
  await load(one, address, second);
  await shoot(one);
  await judge('', thorough ? all : byText);
  await widen(one, narrow);
  await shoot(one);
  await judge('', thorough ? all : undefined);
  await unfold(page);
  await judge('unfolded: ');
}

const queue = [...strangers.map((address) => [outside, address]), ...pages.map((address) => [inside, address])].map((v, turn) => [...v, turn]);
await Promise.all(Array.from({ length: atOnce }, async () => {
  const all = new Map([[inside, await open(inside)], [outside, await open(outside)]]);
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [context, address, turn] = next;
    await visit(all.get(context), address, turn);
  }
}));
// How soon the largest part of a page is painted, by itself in a fresh page: told, and judged by nobody.
for (const address of pages.slice(0, 3)) {
  const { page } = await open(inside);
  await page.setViewportSize({ width: wide, height });
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
