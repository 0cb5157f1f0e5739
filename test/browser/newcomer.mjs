// SPDX-License-Identifier: EUPL-1.2
//
// Goes through the first fifteen minutes as somebody who has never seen the program, in Chromium, from an empty installation to a decided
// classification and an action that somebody owns:
//   node newcomer.mjs CHROMIUM ORDERS
// ORDERS is JSON: {"empty": [{"address", "code", "width"}], "shots": directory or ""}. Each installation is empty and is gone through at one
// width; in the first, the same is then done without scripts, with the keyboard alone, and by two people at once.
// It writes one line of JSON per step. A line {"ask": ...} waits for a line of answer on standard input. What is wrong is {"fault": ...}.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const [executablePath, orders] = process.argv.slice(2);
const { empty, shots } = JSON.parse(readFileSync(orders, 'utf8'));
const write = (v) => process.stdout.write(JSON.stringify(v) + '\n');
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function ask(what) {
  write({ ask: what });
  return (await lines.next()).value;
}
const launch = () => chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// What the municipality already has: a list with headings of its own.
const list = [
  'Objekt;Förv.;Systemägare;Lev;Personuppg.',
  'E-tjänst ekonomiskt bistånd;Socialförvaltningen;Enhetschef försörjningsstöd;Exempelbolaget AB;Ja',
  'Elevregister;Utbildningsförvaltningen;;Skolsystem i Exempelstad AB;Ja',
  'Hemtjänstplanering;Äldreomsorgen;Verksamhetschef;;Ja',
  'Badhusets bokning;Kultur och fritid;;;Nej',
].join('\r\n');

/** Whoever sits before the screen: one page in one browser, and what they have done there. */
class Person {
  constructor(name, context, page, width) {
    Object.assign(this, { name, context, page, width, clicks: 0, shot: 0 });
    page.setDefaultTimeout(120_000); // long, because it is only there to end a test that hangs
    page.on('pageerror', (e) => this.fault(`script: ${e.message}`));
    page.on('console', (m) => { if (m.type() === 'error' && !/status of 4\d\d/.test(m.text())) this.fault(`console: ${m.text()}`); });
  }
  fault(what) { write({ fault: `${this.name}, ${new URL(this.page.url()).pathname}: ${what}` }); }
  async see(step) {
    write({ step: `${this.name}: ${step} (${this.clicks} clicks)` });
    const over = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) this.fault(`scrolls sideways by ${over} px`);
    this.shot++;
    if (shots) await this.page.screenshot({ path: `${shots}/${this.name}-${String(this.shot).padStart(2, '0')}.png`, fullPage: true });
  }
  expect(ok, what) { if (!ok) this.fault(what); }
  text(selector = 'main') { return this.page.locator(selector).first().innerText(); }
  at(path) { return new URL(this.page.url()).pathname === path; }
  /** Clicks what leads to a new page. */
  async go(place, what) {
    this.clicks++;
    try {
      await Promise.all([this.page.waitForEvent('load'), place.click()]);
    } catch (e) {
      this.fault(`no new page after ${what}: ${(await this.text('main')).slice(0, 400)}`);
      throw e;
    }
  }
  button(name, within = this.page.locator('main')) { return this.go(within.getByRole('button', { name }).first(), `the button ${name}`); }
  link(name, within = this.page.locator('main')) { return this.go(within.getByRole('link', { name }).first(), `the link ${name}`); }
  async click(place) { this.clicks++; await place.click(); }
}

async function sit(browser, name, width, options = {}) {
  const context = await browser.newContext({ locale: 'sv-SE', viewport: { width, height: 900 }, ...options });
  return new Person(name, context, await context.newPage(), width);
}

/** Gives the person a device that makes passkeys. */
async function device(p) {
  const cdp = await p.context.newCDPSession(p.page);
  await cdp.send('WebAuthn.enable', { enableUI: false });
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

/** From the code on the console to the three doors. */
async function arrive(p, { address, code }) {
  await device(p);
  await p.page.goto(address + '/');
  await p.see('the first page');
  await p.link('Kom igång');
  await p.page.getByLabel('Kod').fill(code);
  await p.see('the code');
  await p.button('Fortsätt');
  await p.page.getByLabel('Kommunens namn').fill('Norrsjö kommun');
  await p.page.getByLabel('Ditt namn').fill('Kim Exempel');
  await p.see('the municipality');
  await p.button('Fortsätt');
  await p.see('the passkey');
  await p.button('Skapa passkey');
  await p.button('Skapa åtta koder');
  await p.see('recovery codes');
  await p.link('Jag har sparat dem');
  await p.see('three doors');
  p.expect(p.at('/'), 'the codes do not lead to the start');
  p.expect((await p.page.locator('.doors > li').count()) === 3, `not three doors: ${await p.text()}`);
}

/** Pastes a list instead of choosing a file. */
async function paste(p, text) {
  await p.page.goto(`${p.address}/importera`);
  await p.page.getByLabel('Eller klistra in listan').fill(text);
  await p.button('Läs');
  await p.button('Granska');
  await p.button('Importera');
  p.expect((await p.text()).includes('Importen är klar'), `not imported: ${await p.text()}`);
}

/** Takes in the list, and comes to the systems. */
async function takeIn(p) {
  await p.link('Importera');
  await p.see('import');
  await p.page.locator('input[type=file]').setInputFiles({ name: 'systemlista.csv', mimeType: 'text/csv', buffer: Buffer.from(list) });
  await p.button('Läs');
  await p.see('columns');
  await p.button('Granska');
  await p.see('review');
  await p.button('Importera');
  await p.see('imported');
}

/** Answers every question of a classification with what is suggested, and comes to the last step. */
async function answer(p) {
  for (let n = 0; n < 20 && !(await p.page.getByRole('heading', { level: 1, name: 'Kontrollera' }).count()); n++) {
    const radios = p.page.locator('input[name=niva]');
    if (await radios.count()) {
      const suggested = p.page.locator('.opt', { has: p.page.locator('.tag') }).first();
      const pick = (await suggested.count()) ? suggested : p.page.locator('.opt').nth(1);
      if (!(await pick.locator('input').isChecked())) await p.click(pick);
      await p.page.getByLabel('Varför').first().fill('Vi har tänkt efter tillsammans.');
    }
    await p.see(`classification: ${await p.text('h1')}`);
    await p.go(p.page.locator('form button.pri').first(), 'save');
  }
}

/** Classifies the system that the import proposes to begin with, up to a decision. */
async function classify(p, name) {
  await p.link(`Klassa ${name}`);
  await p.see('where the classification stands');
  await p.button('Klassa');
  await answer(p);
  await p.see('decide');
  const who = p.page.getByLabel('Vem fastställer?');
  if (!await who.inputValue()) await who.fill('Enhetschef');
  await p.button('Fastställ');
  await p.see('decided');
  p.expect((await p.text()).includes('Klassningen är fastställd'), `not decided: ${await p.text()}`);
}

/** Sees why a requirement applies: five links of a chain, and one that leads on. */
async function why(p) {
  await p.link('Se kraven');
  const first = p.page.locator('.reqs > li').first();
  await p.click(first.locator('summary', { hasText: 'Varför gäller' }));
  await p.see('why a requirement applies');
  const chain = await first.locator('.trace > li > span').allInnerTexts();
  p.expect(chain.length === 5, `the chain is ${chain}`);
  p.expect((await first.locator('.trace a').count()) >= 3, `the chain leads nowhere: ${await first.locator('.trace').innerHTML()}`);
}

/** Takes on the first action of the plan. */
async function own(p, name) {
  await p.link('Åtgärder', p.page.locator('main .tabs').first());
  await p.see('the plan');
  const first = p.page.locator('.reqs > li').first();
  await p.click(first.locator('summary', { hasText: 'Ta på dig' }));
  await first.getByLabel('Person').fill(name);
  await first.getByLabel('Klart senast').fill('2030-01-31');
  await p.see('the form of an action');
  await p.button('Lägg i planen', first);
  await p.see('an action that somebody owns');
  await p.link('Åtgärder', p.page.locator('.crumb'));
  await p.see('all actions');
  p.expect((await p.text('.todo.timed')).includes(name), `nobody owns an action: ${await p.text()}`);
}

/** Presses Tab until what is in focus is what is looked for. Each thing on the way shows that it is in focus, and is in sight. */
async function tabTo(p, what, found) {
  for (let n = 0; n < 200; n++) {
    const here = await p.page.evaluate(async () => {
      await new Promise(requestAnimationFrame);
      const el = document.activeElement, shown = (e) => {
        const s = getComputedStyle(e);
        return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== 'none';
      };
      const r = el.getBoundingClientRect(), mid = document.elementFromPoint(r.left + Math.min(r.width / 2, 20), r.top + r.height / 2);
      return {
        tag: el.tagName, type: el.type || '', name: el.name || '', text: (el.innerText || '').replace(/\s+/g, ' ').trim(), body: el === document.body,
        seen: [el, el.closest('label'), el.closest('.find')].some((e) => e && shown(e)), // some fields draw it around more than themselves
        sight: r.top >= -1 && r.bottom <= innerHeight + 1 && // parts of pixels are lost in scrolling
          (!mid || el.contains(mid) || mid.contains(el) || el.closest('label')?.contains(mid) || false),
      };
    });
    if (!here.body && !here.seen && here.type !== 'date') // the browser draws the focus of a date's parts inside the field
      p.fault(`focus is not seen on ${here.tag} ${here.name} "${here.text}"`);
    if (!here.body && !here.sight) p.fault(`focus is hidden on ${here.tag} ${here.name} "${here.text}"`);
    if (found(here)) return;
    await p.page.keyboard.press('Tab');
  }
  p.fault(`no Tab leads to ${what}`);
  throw new Error(what);
}
/** Presses a key that leads to a new page. */
async function key(p, name) {
  p.clicks++;
  await Promise.all([p.page.waitForEvent('load'), p.page.keyboard.press(name)]);
}
async function enter(p, label) {
  await tabTo(p, label, (h) => (h.tag === 'A' || h.tag === 'BUTTON') && h.text.startsWith(label));
  await key(p, 'Enter');
}

/** Classifies a system and takes on an action with the keyboard alone. */
async function byKeys(p, name) {
  await p.page.emulateMedia({ reducedMotion: 'reduce' }); // where the focus is is read at once, not after the page has glided there
  await p.page.goto(`${p.address}/`);
  await p.page.keyboard.press('Control+k');
  await p.page.keyboard.type(name.slice(0, 8));
  await p.page.locator('.hitlist a').first().waitFor();
  await p.page.keyboard.press('ArrowDown');
  await tabTo(p, 'a hit', (h) => h.tag === 'A' && h.text.startsWith(name));
  await key(p, 'Enter');
  await p.see('a system by Ctrl+K');
  await enter(p, 'Klassa systemet');
  await enter(p, 'Klassa');
  await enter(p, 'Fortsätt');
  await tabTo(p, 'a type of information', (h) => h.type === 'checkbox');
  const box = () => p.page.evaluate(() => document.activeElement.checked);
  const before = await box();
  await p.page.keyboard.press('Space');
  p.expect(before !== await box(), 'the space bar does not tick');
  if (before) await p.page.keyboard.press('Space');
  await enter(p, 'Spara och fortsätt');
  for (let n = 0; n < 12 && await p.page.locator('input[name=niva]').count(); n++) {
    await tabTo(p, 'the levels', (h) => h.type === 'radio');
    await p.page.keyboard.press('Space');
    const suggested = () => p.page.evaluate(() => !!document.activeElement.closest('label').querySelector('.tag'));
    for (let i = 0; i < 5 && !await suggested(); i++) await p.page.keyboard.press('ArrowDown');
    p.expect(await box(), 'the arrows do not choose');
    await tabTo(p, 'the motivation', (h) => h.tag === 'TEXTAREA');
    await p.page.keyboard.type('Skrivet på tangentbordet.');
    await enter(p, 'Spara och fortsätt');
  }
  await p.see('answered by keys');
  await enter(p, 'Spara och fortsätt');
  await enter(p, 'Fastställ');
  p.expect((await p.text()).includes('Klassningen är fastställd'), `not decided by keys: ${await p.text()}`);
  await enter(p, 'Till handlingsplanen');
  await tabTo(p, 'to take on', (h) => h.tag === 'SUMMARY' && h.text.startsWith('Ta på dig'));
  await p.page.keyboard.press('Space');
  await tabTo(p, 'the person', (h) => h.tag === 'INPUT' && h.name.startsWith('person-'));
  await p.page.keyboard.type('Kim Exempel');
  await enter(p, 'Lägg i planen');
  p.expect((await p.text()).includes('Åtgärden är sparad'), `not saved by keys: ${await p.text()}`);
  await p.see('an action by keys');
  await p.page.goto(`${p.address}/system`);
  await p.page.keyboard.press('j');
  await p.page.keyboard.press('j');
  p.expect(await p.page.evaluate(() => document.activeElement.closest('tr')?.rowIndex === 2), 'j does not lead to the second row');
}

/** Everything that needs no script, in a browser that runs none, with the session of somebody who is in. */
async function withoutScripts(browser, kim) {
  const bare = await sit(browser, 'without scripts', 1280, { storageState: await kim.context.storageState(), javaScriptEnabled: false });
  bare.address = kim.address;
  await paste(bare, 'System\tFörvaltning\nBarnomsorgens journal\tUtbildningsförvaltningen\n');
  await classify(bare, 'Barnomsorgens journal');
  await why(bare);
  await own(bare, 'Kim Exempel');
  await bare.link('Tavla');
  await bare.see('the board');
  const card = bare.page.locator('.board li', { hasText: 'Barnomsorgens journal' });
  await bare.click(card.locator('summary'));
  await bare.button('Pågår', card);
  bare.expect((await bare.text('[data-column=pagar]')).includes('Barnomsorgens journal'), `not moved by the menu: ${await bare.text('.board')}`);
  await bare.button('Ångra', bare.page.locator('body'));
  bare.expect((await bare.text('[data-column=planerad]')).includes('Barnomsorgens journal'), `not moved back: ${await bare.text('.board')}`);
  await bare.context.close();
}

/** Drags a card of the board with the mouse to another column. */
async function drag(p) {
  await p.page.goto(`${p.address}/atgarder?visa=tavla`);
  const card = p.page.locator('[data-column=planerad] [data-card]').first();
  const text = await card.locator('h3').innerText();
  p.clicks++;
  await Promise.all([p.page.waitForEvent('load'), card.dragTo(p.page.locator('[data-column=pagar]'), { sourcePosition: { x: 40, y: 90 }, targetPosition: { x: 60, y: 60 } })]);
  p.expect((await p.text('[data-column=pagar]')).includes(text), `the card was not moved: ${await p.text('.board')}`);
  await p.see('a card that was dragged');
}

/** Two people in two browsers answer the same question: the second sees both answers, and loses nothing of what they wrote. */
async function atOnce(kim) {
  const other = await launch();
  const robin = await sit(other, 'colleague', 1280);
  robin.address = kim.address;
  await device(robin);
  await robin.page.goto(`${robin.address}/inbjudan#${await ask('colleague')}`);
  await robin.button('Fortsätt');
  await robin.button('Skapa passkey');
  await kim.page.goto(`${kim.address}/system`);
  await kim.link('Elevregister');
  await kim.link('Klassa systemet');
  await kim.button('Klassa');
  const question = `${new URL(kim.page.url()).pathname.replace(/\d+$/, '3')}?fraga=1`;
  await Promise.all([kim.page.goto(kim.address + question), robin.page.goto(robin.address + question)]);
  const choose = async (p, level, why) => {
    await p.click(p.page.locator('.opt').nth(level));
    await p.page.getByLabel('Varför').first().fill(why);
  };
  await choose(kim, 3, 'Kims skäl.');
  await kim.button('Spara och fortsätt');
  await choose(robin, 2, 'Robins skäl.');
  const [answer] = await Promise.all([
    robin.page.waitForResponse((r) => r.request().method() === 'POST' && !r.request().headers()['x-autosave']), robin.button('Spara och fortsätt'),
  ]);
  robin.expect(answer.status() === 409, `the second was answered ${answer.status()}`);
  const seen = await robin.text();
  robin.expect(seen.includes('Kims skäl.') && (await robin.page.getByLabel('Varför').first().inputValue()) === 'Robins skäl.', `both answers are not shown: ${seen}`);
  robin.expect(await robin.page.locator('input[name=niva][value="2"]').isChecked(), 'what the second chose is lost');
  await robin.see('both answers');
  await robin.button('Spara och fortsätt');
  await kim.page.goto(kim.address + question);
  kim.expect((await kim.page.getByLabel('Varför').first().inputValue()) === 'Robins skäl.', 'the second could not save over it');
  await choose(kim, 2, 'Robins skäl.');
  await kim.page.goto(kim.address + question.replace('fraga=1', 'fraga=2'));
  await choose(kim, 1, 'Kommunen klarar sig.');
  await kim.button('Spara och fortsätt');
  await kim.page.goto(kim.address + question.replace('/3?', '/7?').replace('?fraga=1', ''));
  const beside = await kim.text('.cmp');
  kim.expect(beside.includes('Robins skäl.') && beside.includes('Kommunen klarar sig.') && beside.includes('svarat olika'), `the answers do not stand beside each other: ${beside}`);
  await kim.see('differing answers side by side');
  await other.close();
}

const browser = await launch();
let first;
for (const one of empty) {
  const kim = await sit(browser, `newcomer at ${one.width}`, one.width);
  kim.address = one.address;
  await arrive(kim, one);
  await takeIn(kim);
  await classify(kim, 'E-tjänst ekonomiskt bistånd');
  await why(kim);
  await own(kim, 'Kim Exempel');
  kim.expect(kim.clicks <= 45, `it took ${kim.clicks} clicks`);
  first ??= kim;
}
await drag(first);
await withoutScripts(browser, first);
await byKeys(first, 'Hemtjänstplanering');
await atOnce(first);
await browser.close();
write({ done: true });
process.exit(0);
