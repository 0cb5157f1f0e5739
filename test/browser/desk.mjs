// SPDX-License-Identifier: EUPL-1.2
//
// Holds a workshop with three browsers, and then does what a coordinator does the morning after a supplier's breach, with what a measurement has found,
// and with what a search has found:
//   node desk.mjs CHROMIUM LINK SYSTEM SUPPLIER DRAFTS [DIRECTORY FOR PICTURES]
// LINK signs the one who leads in; SYSTEM is the path of the system whose risks are weighed, SUPPLIER that of the supplier that was breached, and
// DRAFTS the directory that the drafts for the authority are put in. It writes one line of JSON per step, and {"fault": ...} for what is wrong.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [executablePath, link, system, supplier, drafts, shots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const write = (v) => process.stdout.write(JSON.stringify(v) + '\n');
const fault = (what) => write({ fault: what });
const address = new URL(link).origin;

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

/** A browser of somebody's own. */
async function person(width) {
  const context = await browser.newContext({ locale: 'sv-SE', viewport: { width, height: 900 }, acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(300_000); // long, because it is only there to end a test that hangs
  page.on('pageerror', (e) => fault(`script: ${e.message} on ${page.url()}`));
  page.on('console', (m) => { if (m.type() === 'error' && !/status of 410/.test(m.text())) fault(`console: ${m.text()} on ${page.url()}`); });
  return page;
}

/** Takes the page to its top, and stops one that is on its way to what its address names: what is half below the bar at its top is not too small for a finger. */
const atTop = (page) => page.evaluate(() => window.scrollTo({ top: 0, behavior: 'instant' }));

let shot = 0;
/** Judges the page as it stands. */
async function judge(page, step) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) fault(`${step}: scrolls sideways by ${over} px`);
  await atTop(page);
  const found = await page.evaluate(`${axe}; axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] })`);
  for (const v of found.violations) for (const n of v.nodes) fault(`${step}: ${v.id}: ${n.target.join(' ')} (${v.help})`);
  if (shots) await page.screenshot({ path: `${shots}/${String(++shot).padStart(2, '0')}-${step}.png`, fullPage: true });
  write({ step });
}

async function press(page, name) {
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name }).first().click()]);
}
async function follow(page, name) {
  await Promise.all([page.waitForEvent('load'), page.getByRole('link', { name }).first().click()]);
}

// The workshop.
const lead = await person(1280);
await lead.goto(link);
await lead.goto(`${address}${system}/risker`);
await follow(lead, 'Riskverkstad');
await lead.locator('input[name=hot]').first().check();
await press(lead, 'Starta riskverkstaden');
const room = lead.url();
const door = await lead.locator('section[aria-labelledby=kod] a').getAttribute('href');
const code = new URL(door, address).hash;
const phones = [await person(390), await person(390)];
for (const [i, phone] of phones.entries()) {
  await phone.goto(`${address}/verkstad${code}`);
  if (await phone.inputValue('#kod') !== code.slice(1) || phone.url().includes('#')) fault('the code is not taken from the address into the form');
  if (i === 0) await judge(phone, 'door');
  await phone.fill('#namn', `Telefon ${i + 1}`);
  await press(phone, 'Gå in');
}
await lead.getByText('2 deltagare').first().waitFor();
await press(lead, 'Öppna röstningen');
await lead.getByText('0 av 2 har röstat').waitFor();
// The phones are told by themselves that there is something to vote on.
for (const phone of phones) await phone.locator('input[name=sannolikhet]').first().waitFor();
await judge(phones[0], 'ballot');
for (const [i, phone] of phones.entries()) {
  for (const name of ['k-individual', 'k-organisation', 'k-society', 'sannolikhet']) await phone.locator(`input[name="${name}"]`).nth(i + 1).check();
  const told = lead.getByText(`${i + 1} av 2 har röstat`).waitFor();
  await Promise.all([phone.waitForEvent('load'), phone.getByRole('button', { name: 'Rösta' }).click()]);
  const cast = Date.now();
  await told;
  write({ vote: Date.now() - cast }); // told, and judged by nobody: what is counted is the time after the phone had its answer
}
if (await lead.locator('table.spread').count() > 0) fault('votes are seen before they are shown');
await judge(lead, 'voting');
await press(lead, 'Visa rösterna');
await phones[0].getByText('Rösterna visas på skärmen').waitFor();
await lead.fill('textarea[name=motiv]', 'Vi har sett det hos andra.');
await judge(lead, 'shown');
await press(lead, 'Besluta');
await lead.getByText('Beslutet är sparat').waitFor();
await phones[1].getByText('Scenariot är beslutat').waitFor();
const minutes = lead.waitForEvent('download');
await lead.getByRole('link', { name: 'Protokoll' }).click();
if (!(await minutes).suggestedFilename().endsWith('.docx')) fault('the minutes are no document');
await press(lead, 'Avsluta riskverkstaden');
if ((await lead.innerText('main')).includes(code.slice(1, 5))) fault('a closed workshop shows its code');
await phones[0].getByText('avslutad eller finns inte').waitFor();
if (lead.url() !== room) fault(`the workshop ends at ${lead.url()}`);
for (const phone of phones) await phone.context().close();
write({ step: 'workshop' });

// The morning after.
await lead.goto(address + supplier);
await follow(lead, 'Berörda system');
await judge(lead, 'affected');
const draft = lead.waitForEvent('download');
await lead.getByRole('link', { name: 'Första underlag (Word)' }).click();
if (!(await draft).suggestedFilename().endsWith('.docx')) fault('the first draft is no document');
await follow(lead, 'Börja hantera incidenten');
await judge(lead, 'report');
await lead.getByRole('button', { name: /Börja|Spara|Rapportera/ }).first().click();
await lead.waitForURL(/\/incidenter\/[^/]+$/);
if (await lead.locator('section[aria-labelledby=berorda] table tbody tr').count() === 0) fault('the incident has no systems');
await judge(lead, 'incident');
await Promise.all([lead.waitForEvent('load'), lead.locator('section[aria-labelledby=plikter] a.btn').first().click()]);
await judge(lead, 'decision');
await lead.goBack();
const pack = lead.waitForEvent('download');
await lead.locator('section[aria-labelledby=underlag] a[href*="format=docx"], section[aria-labelledby=underlag] a[href*="docx"]').first().click();
if (!(await pack).suggestedFilename().endsWith('.docx')) fault('the draft for the authority is no document');
write({ step: 'morning' });

// What a measurement has found, in one step to an incident that points back, and on to the draft for the authority.
await lead.goto(`${address}/system/elevregistret/bevis`);
await press(lead, /^Hantera som incident/);
await lead.waitForURL(/\/incidenter\/[^/]+$/);
await judge(lead, 'measured');
await follow(lead, 'Mätningen');
if (!lead.url().includes('/system/elevregistret/bevis#b-')) fault(`the incident points back to ${lead.url()}`);
await lead.goBack();
const drafted = lead.waitForEvent('download');
await lead.locator('section[aria-labelledby=underlag] a[href*="docx"]').first().click();
if (!(await drafted).suggestedFilename().endsWith('.docx')) fault('the draft of what was measured is no document');
write({ step: 'drafted' });

// What a search has found, in one step to an incident that points back, through the assessment and a decision to what the authority gets.
await lead.goto(`${address}/bevis`);
await follow(lead, /^Granska fyndet/);
const place = new URL(lead.url()).pathname;
await lead.locator('input[name=utfall][value=incident]').check();
await lead.fill('#beslut [name=anteckning]', 'Mappen låg öppen för alla.');
await judge(lead, 'finding');
await press(lead, 'Spara beslut');
await lead.goto(address + place);
const way = address + await lead.getByRole('link', { name: 'Visa incidenten' }).getAttribute('href');
// The incident is begun by a job; until then the way leads to the list.
for (let i = 0; i < 600 && !/\/incidenter\/[0-9]+$/.test(lead.url()); i++) {
  await lead.goto(way);
  await new Promise((go) => { setTimeout(go, 100); });
}
const begun = lead.url();
await judge(lead, 'of-finding');
await follow(lead, 'Fyndet');
if (new URL(lead.url()).pathname !== place) fault(`the incident points back to ${lead.url()}`);
await lead.goto(begun);
await follow(lead, 'Bedömd');
for (const [name, value] of Object.entries({ risk: 'high', 'q-breach': 'yes', 'q-cyber': 'no' })) await lead.locator(`select[name="${name}"]`).selectOption(value);
for (const [name, value] of Object.entries({ 'risk-varfor': 'Uppgifter om stöd låg öppet.', foljder: 'Oro och skada.', personer: '70' })) await lead.fill(`[name="${name}"]`, value);
await judge(lead, 'assessment');
await press(lead, 'Spara');
await Promise.all([lead.waitForEvent('load'), lead.locator('#r-inc-gdpr-33 a.btn').click()]);
await lead.selectOption('select[name=beslut]', 'planned');
await lead.fill('[name=skal]', 'Hög risk.');
await press(lead, 'Spara beslutet');
if (!(await lead.innerText('#r-inc-gdpr-33')).includes('Ska göras')) fault('the decision is not told');
await judge(lead, 'assessed');
for (const format of ['docx', 'json']) {
  const file = lead.waitForEvent('download');
  await lead.locator(`section[aria-labelledby=underlag] a[href$="/underlag/imy?format=${format}"]`).click();
  await (await file).saveAs(`${drafts}/imy.${format}`);
}
write({ step: 'notified', incident: new URL(begun).pathname });
await browser.close();
