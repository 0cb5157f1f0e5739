// SPDX-License-Identifier: EUPL-1.2
//
// Answers a system's requirements as a supplier does on a phone, by a link and a code that arrive by mail:
//   node supplier.mjs CHROMIUM SITE MAIL [DIRECTORY FOR PICTURES]
// SITE is the program's address and MAIL that of the mail server, which tells what it has got. It writes one line of JSON per step, and
// {"fault": ...} for what is wrong.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [executablePath, site, mail, shots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const write = (v) => process.stdout.write(JSON.stringify(v) + '\n');
const fault = (what) => write({ fault: what });

/** Waits for a letter whose text the form finds, and gives what it found. */
async function letter(form) {
  for (let i = 0; i < 3000; i++) {
    const { messages } = await (await fetch(`${mail}/api/v1/messages`)).json();
    for (const m of messages) {
      const found = form.exec((await (await fetch(`${mail}/api/v1/message/${m.ID}`)).json()).Text);
      if (found) return found[0];
    }
    await new Promise((go) => { setTimeout(go, 50); });
  }
  throw new Error(`no letter with ${form} came`);
}

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ locale: 'sv-SE', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
const page = await context.newPage();
page.setDefaultTimeout(300_000); // long, because it is only there to end a test that hangs
page.on('pageerror', (e) => fault(`script: ${e.message} on ${page.url()}`));
// An answer that is partly met is saved by itself between the choice and its text when the machine is slow, and is told that the text is missing: 422.
const unfinished = (m) => m.text().includes('status of 422');
page.on('response', (r) => { if (r.status() === 422 && !r.request().headers()['x-autosave']) fault(`422 to a form that was sent, on ${page.url()}`); });
page.on('console', (m) => { if (m.type() === 'error' && !unfinished(m)) fault(`console: ${m.text()} on ${page.url()}`); });

/** Takes the page to its top, and stops one that is on its way to what its address names: what is half below the bar at its top is not too small for a finger. */
const atTop = (page) => page.evaluate(() => window.scrollTo({ top: 0, behavior: 'instant' }));

let shot = 0;
/** Judges the page as it stands: nothing to scroll sideways for, nothing that axe finds, and nothing too small for a finger. */
async function judge(step) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) fault(`${step}: scrolls sideways by ${over} px`);
  await atTop(page);
  const found = await page.evaluate(`${axe}; axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] })`);
  for (const v of found.violations) for (const n of v.nodes) fault(`${step}: ${v.id}: ${n.target.join(' ')} (${v.help})`);
  if (shots) await page.screenshot({ path: `${shots}/supplier-${String(++shot).padStart(2, '0')}-${step}.png`, fullPage: true });
  write({ step });
}
async function tap(name) {
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name }).first().tap()]);
}

await page.goto(site + await letter(/\/lank\/[A-Z2-7]{26}/));
await judge('link');
await tap('Skicka koden');
await page.getByLabel('Koden').fill(await letter(/\b[0-9]{8}\b/));
await judge('code');
await tap('Fortsätt');
await judge('asked');

// Three answers, over as many areas as it takes; a document comes with the first.
let left = 3;
while (left > 0) {
  const rows = page.locator('form section.card');
  const n = Math.min(left, await rows.count());
  for (let i = 0; i < n; i++) {
    const row = rows.nth(i);
    const partly = left === 2;
    await row.getByText(partly ? 'Delvis' : 'Uppfyller', { exact: true }).tap();
    if (partly) await row.getByLabel('Beskriv hur').fill('Halva finns. Resten kommer till våren.');
    if (left === 3) await row.locator('input[type=file]').setInputFiles({ name: 'intyg.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 intyg') });
    left--;
  }
  await tap('Spara och nästa område');
  await judge(`area-${3 - left}`);
}
if (!(await page.locator('main').innerText()).includes('3 av ')) fault('three answers are not counted');

// An area goes to a colleague, and the answers are shared.
await page.getByLabel('Område', { exact: false }).last().selectOption({ index: 3 });
await page.locator('input[name=kollega]').fill('kim@leverantor.example');
await Promise.all([page.waitForEvent('load'), page.locator('button[name=delegera]').tap()]);
if (!(await page.locator('main').innerText()).includes('k…@leverantor.example')) fault('the colleague is not named');
await judge('colleague');
await tap('Vi samtycker till att dela');
await judge('shared');
await tap('Spara och skicka in alla svar');
if (!page.url().endsWith('/lank/tack')) fault(`after sending: ${page.url()}`);
await judge('sent');
await browser.close();
write({ step: 'done' });
