// SPDX-License-Identifier: EUPL-1.2
//
// Opens pages in Chromium at several widths and writes what is wrong with them as JSON:
//   node check.mjs CHROMIUM ORDERS
// ORDERS is JSON: {"link": the address that signs in, "pages": [addresses], "widths": [pixels]}.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [executablePath, orders] = process.argv.slice(2);
const { link, pages, widths, locale } = JSON.parse(readFileSync(orders, 'utf8'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ locale, bypassCSP: false });
const page = await context.newPage();
const faults = [];
let at = link;
page.on('pageerror', (e) => faults.push({ page: at, width: 0, fault: `script: ${e.message}` }));
page.on('console', (m) => {
  if (m.type() === 'error') faults.push({ page: at, width: 0, fault: `console: ${m.text()}` });
});
page.on('request', (r) => {
  const host = new URL(r.url()).hostname;
  if (host !== '127.0.0.1') faults.push({ page: at, width: 0, fault: `request to ${host}` });
});
await page.goto(link);
for (const width of widths) {
  await page.setViewportSize({ width, height: 900 });
  for (const address of pages) {
    at = address;
    await page.goto(address);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) faults.push({ page: address, width, fault: `scrolls sideways by ${over} px` });
    // The policy of the pages forbids scripts from elsewhere; the checker is run beside them, not in them.
    const result = await page.evaluate(`${axe}; axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] })`);
    for (const v of result.violations) {
      for (const n of v.nodes) faults.push({ page: address, width, fault: `${v.id}: ${n.target.join(' ')} (${v.help})` });
    }
  }
}
await browser.close();
process.stdout.write(JSON.stringify(faults));
