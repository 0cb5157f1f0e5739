// SPDX-License-Identifier: EUPL-1.2
//
// Makes and shows passkeys in Chromium with an authenticator of the browser's own, as a person would:
//   node passkey.mjs CHROMIUM ADDRESS CODE
// It writes one line of JSON per step. A line {"ask": ...} waits for a line of answer on standard input. What is wrong is {"fault": ...}.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [executablePath, address, code, shots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const write = (v) => process.stdout.write(JSON.stringify(v) + '\n');
const fault = (step, what) => write({ fault: `${step}: ${what}` });
async function ask(what) {
  write({ ask: what });
  return (await lines.next()).value;
}

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

/** A person: a browser of their own with an authenticator. */
async function person() {
  const context = await browser.newContext({ locale: 'sv-SE', acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000); // long, because it is only there to end a test that hangs
  page.on('pageerror', (e) => fault(page.url(), `script: ${e.message}`));
  page.on('console', (m) => { if (m.type() === 'error' && !/status of 4\d\d/.test(m.text())) fault(page.url(), `console: ${m.text()}`); });
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable', { enableUI: false });
  const devices = [];
  const p = { context, page, cdp, devices };
  p.device = async (options = {}) => {
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
        automaticPresenceSimulation: true, ...options,
      },
    });
    devices.push(authenticatorId);
    return authenticatorId;
  };
  p.drop = async (id) => { await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: id }); };
  p.credentials = async (id) => (await cdp.send('WebAuthn.getCredentials', { authenticatorId: id })).credentials;
  return p;
}

/** Judges the page as it stands, at three widths. */
let shot = 0;
async function judge(page, step) {
  shot++;
  for (const width of [1280, 390, 320]) {
    await page.setViewportSize({ width, height: 900 });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) fault(step, `scrolls sideways by ${over} px at ${width}`);
    const found = await page.evaluate(`${axe}; axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] })`);
    for (const v of found.violations) for (const n of v.nodes) fault(step, `${v.id} at ${width}: ${n.target.join(' ')} (${v.help})`);
    if (shots) await page.screenshot({ path: `${shots}/${String(shot).padStart(2, '0')}-${width}.png`, fullPage: true });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

const expect = (step, ok, what) => { if (!ok) fault(step, what); else write({ step }); };
const text = (page, selector = 'main') => page.locator(selector).first().innerText();
async function press(page, name) {
  try {
    await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name, exact: false }).first().click()]);
  } catch (e) {
    fault(page.url(), `no new page after "${name}": ${await text(page)}`);
    throw e;
  }
}
const at = (page, path) => new URL(page.url()).pathname === path;
async function signIn(p) {
  await p.page.goto(address + '/logga-in');
  await press(p.page, 'Logga in med passkey');
}

const kim = await person();
const laptop = await kim.device();
const page = kim.page;

// The first person.
await page.goto(address + '/');
await judge(page, 'sign-in page before anybody');
await page.getByRole('link', { name: 'Kom igång' }).click();
await judge(page, 'welcome');
expect('roles are told', (await text(page)).includes('Du blir administratör och samordnare'), await text(page));
await page.getByLabel('Kod').fill('AAAA-BBBB-CCCC');
await press(page, 'Fortsätt');
expect('a wrong code is refused', at(page, '/valkommen') && (await text(page)).includes('Koden stämmer inte'), page.url());
await judge(page, 'wrong code');
await page.getByLabel('Kod').fill(code.toLowerCase());
await press(page, 'Fortsätt');
expect('the code is taken', at(page, '/valkommen/kommun'), page.url());
await judge(page, 'municipality');
await page.getByLabel('Kommunens namn').fill('Norrsjö kommun');
await page.getByLabel('Ditt namn').fill('Kim Exempel');
await press(page, 'Fortsätt');
expect('to the passkey', at(page, '/ny-passkey'), page.url());
await judge(page, 'make a passkey');
await press(page, 'Skapa passkey');
expect('the first person is in', at(page, '/mina/koder'), page.url() + (await text(page)));
await judge(page, 'codes before');
await press(page, 'Skapa åtta koder');
const codes = await page.locator('.codes-once code').allInnerTexts();
expect('eight codes', codes.length === 8 && new Set(codes).size === 8, JSON.stringify(codes));
await judge(page, 'codes shown');
const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Spara som fil' }).click()]);
const saved = readFileSync(await download.path(), 'utf8');
expect('codes as a file', codes.every((c) => saved.includes(c)), saved);
await page.getByRole('link', { name: 'Jag har sparat dem' }).click();
expect('roles in the menu', (await page.locator('details.user').innerText()).includes('Kim Exempel'), 'no name');
await page.locator('details.user summary').click();
const menu = await page.locator('details.user .pop').innerText();
expect('both roles and the way in are shown', /Administratör/.test(menu) && /samordnare/.test(menu) && /flerfaktor, ej granskad identitet/.test(menu), menu);
await page.goto(address + '/valkommen');
await judge(page, 'welcome afterwards');
expect('nobody else can be first', !(await page.getByLabel('Kod').count()), await text(page));

// Out and in again, without a name.
await page.goto(address + '/mina');
await judge(page, 'my sessions');
await press(page, 'Logga ut överallt');
expect('signed out', at(page, '/logga-in'), page.url());
await judge(page, 'sign-in page');
await signIn(kim);
expect('in by a discoverable passkey', at(page, '/'), page.url());

// Another tab of the session forgets what it shows: when this one signs out, and by itself when nothing is done in any.
const tab = await kim.context.newPage();
await tab.clock.install();
await tab.goto(address + '/mina');
let left = 0;
tab.on('request', (r) => { if (r.url().endsWith('/logga-in?till=%2Fmina')) left++; });
await tab.clock.fastForward('29:00');
const heard = tab.evaluate(() => new Promise((done) => { new BroadcastChannel('insegel-session').onmessage = () => done(true); }));
await tab.evaluate(() => 0); // the listener is there
await page.reload(); // work in one tab keeps the others
await heard;
await page.goto('about:blank'); // one clock goes for all tabs: this one would leave too, and on its way stop what is asked of it next
await tab.clock.fastForward('29:00');
expect('a tab stays while another is worked in', left === 0, `left ${left} times`);
await Promise.all([tab.waitForEvent('load'), tab.clock.fastForward('02:00')]);
expect('an idle tab leaves', left === 1, `left ${left} times`);

// Without user verification, the server refuses.
await page.goto(address + '/mina');
await Promise.all([tab.waitForURL('**/logga-in?till=*'), press(page, 'Logga ut överallt')]);
expect('signing out empties the other tab', !(await text(tab, 'body')).includes('Kim Exempel'), await text(tab, 'body'));
await tab.close();
await kim.cdp.send('WebAuthn.setUserVerified', { authenticatorId: laptop, isUserVerified: false });
await page.goto(address + '/logga-in');
await page.route('**/logga-in/passkey/borja', async (route) => {
  const answer = await route.fetch();
  const body = await answer.json();
  body.publicKey.userVerification = 'discouraged';
  await route.fulfill({ response: answer, json: body });
});
await press(page, 'Logga in med passkey');
expect('no user verification is refused', at(page, '/logga-in/passkey') && (await text(page)).includes('Du är inte inloggad'), page.url() + await text(page));
await judge(page, 'refused');
await page.unroute('**/logga-in/passkey/borja');
await kim.cdp.send('WebAuthn.setUserVerified', { authenticatorId: laptop, isUserVerified: true });
await signIn(kim);
expect('and with it lets in', at(page, '/'), page.url());

// A second passkey, its name, and taking it away; after ten minutes each asks again.
write({ later: await ask('later') });
await page.goto(address + '/mina/passkeys/ny');
expect('step-up is asked for', at(page, '/logga-in/igen'), page.url());
await judge(page, 'step-up');
await press(page, 'Logga in med passkey');
expect('and leads back', at(page, '/mina/passkeys/ny'), page.url());
await judge(page, 'add a passkey');
await kim.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: laptop, enabled: false });
const stick = await kim.device({ transport: 'usb' });
await page.getByLabel('Namn på passkeyn').fill('Nyckelknippan');
await press(page, 'Skapa passkey');
expect('a second passkey', at(page, '/mina/passkeys') && (await page.locator('.ways li').count()) === 2, page.url() + await text(page));
await judge(page, 'my passkeys');
const second = page.locator('.ways li', { hasText: 'Nyckelknippan' });
await second.locator('summary').click();
await second.getByLabel('Nytt namn').fill('Reserven');
await Promise.all([page.waitForEvent('load'), second.getByRole('button', { name: 'Spara namnet' }).click()]);
expect('renamed', (await text(page)).includes('Reserven') && !(await text(page)).includes('Nyckelknippan'), await text(page));
await Promise.all([page.waitForEvent('load'), page.locator('.ways li', { hasText: 'Reserven' }).getByRole('button', { name: 'Ta bort' }).click()]);
expect('removed', (await page.locator('.ways li').count()) === 1, await text(page));
await kim.drop(stick);
await kim.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: laptop, enabled: true });

// An export asks again, and comes when it has been answered.
await ask('later');
await page.goto(address + '/rapporter/register?format=csv');
expect('an export asks who it is for', at(page, '/logga-in/igen'), page.url());
const [register] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Logga in med passkey' }).click()]);
expect('and is then given', register.suggestedFilename().endsWith('.csv'), register.suggestedFilename());

// A role that is taken away is gone with the next page.
await page.goto(address + '/nodnycklar');
expect('an administrator sees the emergency keys', at(page, '/nodnycklar') && (await text(page)).includes('Nödnycklar'), await text(page));
await judge(page, 'emergency keys');
await ask('remove-role');
const gone = await page.goto(address + '/nodnycklar');
expect('a removed role is gone at once', gone.status() === 403, String(gone.status()));
await ask('give-role');

// A sealed key: an administrator who sees nothing else, and an alarm.
const sealed = await person();
await page.goto(address + '/nodnycklar/ny');
await judge(page, 'seal');
await kim.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: laptop, enabled: false });
const envelope = await kim.device({ transport: 'usb' });
await page.getByLabel('Namn på passkeyn').fill('Kassaskåpet');
await press(page, 'Skapa passkey');
expect('sealed', (await text(page)).includes('Kassaskåpet'), await text(page));
const box = await sealed.device({ transport: 'usb' });
for (const credential of await kim.credentials(envelope)) await sealed.cdp.send('WebAuthn.addCredential', { authenticatorId: box, credential });
await kim.drop(envelope);
await kim.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: laptop, enabled: true });
await signIn(sealed);
await sealed.page.locator('details.user summary').click();
const pop = await sealed.page.locator('details.user .pop').innerText();
expect('emergency sign-in is administrator only', /Nödinloggning/.test(pop) && /Administratör/.test(pop) && !/samordnare/.test(pop), pop);
await page.goto(address + '/');
expect('and an alarm is on every page', (await page.locator('.alarms').count()) === 1, 'no alarm');

// A copy: its counter lags behind.
const [credential] = await kim.credentials(laptop);
await page.goto(address + '/mina');
await press(page, 'Logga ut överallt');
await kim.cdp.send('WebAuthn.removeCredential', { authenticatorId: laptop, credentialId: credential.credentialId });
await kim.cdp.send('WebAuthn.addCredential', { authenticatorId: laptop, credential: { ...credential, signCount: 1 } });
await signIn(kim);
expect('a copy is refused', at(page, '/logga-in/passkey') && (await text(page)).includes('Du är inte inloggad'), page.url());
await ask('cloned');

// The passkey is lost: a recovery code, and a new one.
await kim.cdp.send('WebAuthn.clearCredentials', { authenticatorId: laptop });
await page.goto(address + '/logga-in/aterstall');
await judge(page, 'recovery');
await page.getByLabel('Kod').fill('0000-0000-0000-0000-0000');
await press(page, 'Fortsätt');
expect('a wrong recovery code is refused', (await text(page)).includes('Koden går inte att använda'), await text(page));
await page.getByLabel('Kod').fill(codes[3]);
await press(page, 'Fortsätt');
expect('a recovery code leads to a new passkey', at(page, '/ny-passkey'), page.url());
const inside = await page.goto(address + '/mina');
expect('and to nothing else', at(page, '/logga-in'), `${inside.status()} ${page.url()}`);
await page.goto(address + '/ny-passkey');
await judge(page, 'new passkey after recovery');
await press(page, 'Skapa passkey');
expect('in again', at(page, '/mina/koder'), page.url() + await text(page));
await page.goto(address + '/logga-in/aterstall');
await page.getByLabel('Kod').fill(codes[3]);
await press(page, 'Fortsätt');
expect('a used code is refused', (await text(page)).includes('Koden går inte att använda'), await text(page));

// An invitation: the secret stands behind # and leaves the address at once.
const robin = await person();
await robin.device();
const invitation = await ask('invite');
await robin.page.goto(`${address}/inbjudan#${invitation}`);
expect('the invitation is not left in the address', !robin.page.url().includes('#'), robin.page.url());
await judge(robin.page, 'invitation');
await press(robin.page, 'Fortsätt');
expect('an invitation leads to a passkey', at(robin.page, '/ny-passkey'), robin.page.url());
await press(robin.page, 'Skapa passkey');
expect('and in', at(robin.page, '/mina/koder'), robin.page.url());
const late = await person();
await late.page.goto(`${address}/inbjudan#${invitation}`);
await press(late.page, 'Fortsätt');
expect('an invitation works once', (await text(late.page)).includes('använd eller har gått ut'), await text(late.page));

// No script: told so.
const plain = await browser.newContext({ javaScriptEnabled: false, locale: 'sv-SE' });
const bare = await plain.newPage();
await bare.goto(address + '/logga-in');
expect('without script the page says so', (await bare.content()).includes('Passkeys behöver JavaScript'), await text(bare));
await bare.getByRole('button', { name: 'Logga in med passkey' }).click();
expect('and the answer too', (await text(bare)).includes('skickade ingen passkey'), await text(bare));

await browser.close();
write({ done: true });
process.exit(0);
