// SPDX-License-Identifier: EUPL-1.2
//
// Does what is done on any day, first with scripts and then without: changes many systems at once and undoes it, saves a view, opens a row and
// comes back to the same place, and takes an import back:
//   node everyday.mjs CHROMIUM LINK
// LINK signs in, once; both browsers use that session. It writes one line of JSON per step, and {"fault": ...} for what is wrong.
import { chromium } from 'playwright-core';

const [executablePath, link] = process.argv.slice(2);
const write = (v) => process.stdout.write(JSON.stringify(v) + '\n');
const address = new URL(link).origin;
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

let cookies = [];
/** A browser of somebody's own, with scripts or without. */
async function person(scripts) {
  const context = await browser.newContext({ locale: 'sv-SE', viewport: { width: 1280, height: 900 }, javaScriptEnabled: scripts });
  await context.addCookies(cookies);
  const page = await context.newPage();
  page.setDefaultTimeout(300_000); // long, because it is only there to end a test that hangs
  const fault = (what) => write({ fault: `${scripts ? 'with' : 'without'} scripts, ${page.url()}: ${what}` });
  page.on('pageerror', (e) => fault(`script: ${e.message}`));
  page.on('console', (m) => { if (m.type() === 'error') fault(`console: ${m.text()}`); });
  const press = async (place) => { await Promise.all([page.waitForEvent('load'), place.click()]); };
  return {
    context, page, press, scripts,
    step: (what) => write({ step: `${what} ${scripts ? 'with' : 'without'} scripts` }),
    expect: (ok, what) => { if (!ok) fault(what); },
    main: page.locator('main'),
    text: (selector = 'main') => page.locator(selector).first().innerText(),
  };
}

const rows = 'table[data-rows] tbody tr';
/** The units of the first rows of the list, as they stand. */
const units = async (p, n) => (await p.page.locator(`${rows} th small`).allInnerTexts()).slice(0, n);

/** Moves two systems to another unit and undoes it: from the message, and then from the history. */
async function bulk(p) {
  const list = `${address}/system?q=social&sortera=niva`;
  await p.page.goto(list);
  const before = await units(p, 2);
  async function move() {
    if (p.scripts) p.expect(!(await p.page.locator('[data-bulk]').isVisible()), 'the bar shows before anything is chosen');
    for (const i of [0, 1]) await p.page.locator(rows).nth(i).locator('input[type=checkbox]').check();
    if (p.scripts) p.expect((await p.text('[data-count]')) === '2', 'the bar does not count');
    const unit = p.page.getByLabel('Förvaltning').last();
    const other = await unit.locator('option').evaluateAll((all, was) => all.find((o) => o.value && !was.includes(o.text)).value, before);
    await unit.selectOption(other);
    await p.press(p.main.getByRole('button', { name: 'Sätt förvaltning' }));
    p.expect(p.page.url().startsWith(list), 'the list is another than before the change');
    const name = await p.page.locator(`#b-unit option[value="${other}"]`).innerText();
    await p.page.goto(`${address}/system?forvaltning=${other}`);
    return name;
  }
  await p.page.goto(list);
  const moved = await move();
  p.expect((await units(p, 99)).filter((u) => u === moved).length >= 2, `nothing was moved to ${moved}`);
  // The message with its offer was shown on the list; the history has it too.
  await p.page.goto(`${address}/andringar`);
  await p.press(p.main.getByRole('button', { name: 'Ångra' }).first());
  await p.page.goto(list);
  p.expect(String(await units(p, 2)) === String(before), `not undone from the history: ${await units(p, 2)}, before ${before}`);
  p.step('many systems changed and undone from the history');

  if (p.scripts) await p.page.clock.install();
  await p.page.goto(list);
  for (const i of [0, 1]) await p.page.locator(rows).nth(i).locator('input[type=checkbox]').check();
  await p.page.locator('#b-role').fill('Prövad roll');
  await p.press(p.page.locator('button[value=roll]'));
  const offer = p.page.locator('[data-offer]');
  p.expect(await offer.isVisible(), `no offer to undo beside the message: ${(await p.text()).slice(0, 300)}`);
  if (p.scripts) {
    await p.page.clock.fastForward(29_000);
    p.expect(await offer.isVisible(), 'the offer is gone before thirty seconds');
  }
  await p.press(offer.getByRole('button'));
  p.expect(p.page.url().startsWith(list), `undoing leads to ${p.page.url()}`);
  p.expect(!(await p.text('table[data-rows]')).includes('Prövad roll'), 'not undone from the message');
  p.step('many systems changed and undone from the message');
}

/** Saves the list as it stands as a view, opens it from elsewhere, and removes it. */
async function view(p) {
  const list = `${address}/system?niva=3&sortera=niva`;
  const name = `Vy ${p.scripts ? 'ett' : 'två'}`;
  await p.page.goto(list);
  await p.main.locator('details:has(form[action="/vyer"]) > summary').click();
  await p.page.locator('#namn').fill(name);
  await p.press(p.page.locator('form[action="/vyer"] button'));
  await p.page.goto(`${address}/system`);
  const mine = 'details:has(form[action^="/vyer/"]) > summary';
  if (!(await p.main.getByRole('link', { name }).first().isVisible())) await p.main.locator(mine).click();
  await p.press(p.main.getByRole('link', { name }).first());
  p.expect(p.page.url() === list, `the view leads to ${p.page.url()}`);
  await p.main.locator(mine).click();
  await p.press(p.page.locator('form[action^="/vyer/"] button').first());
  p.expect(!(await p.text()).includes(name), 'the view is still there');
  p.step('a view saved, opened and removed');
}

/** Opens a row far down a list that was searched, and goes back. */
async function back(p) {
  await p.page.goto(`${address}/system`);
  await p.page.getByLabel('Sök i listan').fill('a');
  await p.page.getByLabel('Skyddsbehov').selectOption({ index: 1 });
  await p.press(p.page.locator('.filters button'));
  const list = p.page.url();
  const row = p.page.locator(`${rows} th a`).nth(12);
  await row.scrollIntoViewIfNeeded();
  const at = await row.boundingBox();
  await p.press(row);
  await p.page.goBack({ waitUntil: 'load' });
  p.expect(p.page.url() === list && (await p.page.getByLabel('Sök i listan').inputValue()) === 'a', `back leads to ${p.page.url()}`);
  if (p.scripts) await p.page.waitForFunction(() => scrollY > 0);
  const now = await row.boundingBox();
  p.expect(Math.abs(now.y - at.y) < 40, `the row stood at ${at.y} and stands at ${now.y}`);
  p.step('back to the same search, filter and place');
}

/** Takes in a list, and takes it back. */
async function undone(p) {
  const name = `Tillfälligt system ${p.scripts ? 'ett' : 'två'}`;
  await p.page.goto(`${address}/importera`);
  await p.page.locator('textarea').fill(`Systemnamn;Förvaltning\r\n${name};Socialförvaltningen`);
  await p.press(p.main.getByRole('button', { name: 'Läs listan' }));
  await p.press(p.main.locator('form button.pri').first());
  await p.press(p.main.locator('form button.pri').first());
  p.expect((await p.text()).includes('Importen är klar'), `not imported: ${(await p.text()).slice(0, 300)}`);
  await p.page.goto(`${address}/importera`);
  await p.press(p.main.locator('table a').first());
  await p.press(p.main.locator('form[action$="/angra"] button'));
  await p.page.goto(`${address}/system?q=${encodeURIComponent(name)}`);
  p.expect(!(await p.page.locator(rows).count()), 'what was imported is still there');
  p.step('an import undone');
}

const first = await person(true);
await first.page.goto(link);
cookies = await first.context.cookies();
for (const p of [first, await person(false)]) {
  await bulk(p);
  await view(p);
  await back(p);
  await undone(p);
}
await browser.close();
