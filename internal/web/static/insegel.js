// SPDX-License-Identifier: EUPL-1.2
// Makes pages quicker to use. Every page works without this file, except for passkeys, which only a script can ask the browser for.
"use strict";

const words = document.body.dataset;
const storedOff = "insegel-keys-off";

/** Shows a sentence where screen readers announce it, beside the form or at the top of the page. */
function say(form, text) {
  let place = form.querySelector("[role=status]") || document.querySelector("header [role=status]");
  if (!place) {
    place = document.createElement("p");
    place.className = "saved";
    place.setAttribute("role", "status");
    form.append(place);
  }
  place.textContent = text;
}

/** What a form would send, as text that can be compared. */
function state(form) {
  const pairs = [...new FormData(form)].filter(([, v]) => typeof v === "string" || v.name);
  return JSON.stringify(pairs.map(([k, v]) => [k, typeof v === "string" ? v : v.name + v.size]));
}

/** Saves a form with data-autosave in the background: when a field is left, and after two seconds without typing. */
function autosave(form) {
  let saved = state(form), timer = 0, busy = false, again = false, wait = 2000, sent = null;

  async function save() {
    clearTimeout(timer);
    const now = state(form);
    if (now === saved) return;
    if (busy) { again = true; return; }
    busy = true;
    try {
      const body = new URLSearchParams([...new FormData(form)].filter(([, v]) => typeof v === "string"));
      const answer = await fetch(form.dataset.autosave || form.action, {
        method: "POST", body, headers: { "X-Autosave": "1" }, credentials: "same-origin", redirect: "error",
      });
      const text = await answer.text();
      if (answer.ok) {
        saved = now;
        wait = 2000;
        stay();
        take(answer.headers.get("X-Version"));
        say(form, text);
      } else if (answer.status < 500) {
        say(form, text); // saying the same again would get the same answer: the person must act
      } else {
        retry();
      }
    } catch {
      retry();
    }
    busy = false;
    if (sent) { const by = sent; sent = null; form.requestSubmit(by); return; }
    if (again) { again = false; save(); }
  }
  function retry() {
    say(form, words.unsaved);
    timer = setTimeout(save, wait);
    wait = Math.min(wait * 2, 60000);
  }
  function take(version) {
    const field = form.elements.namedItem("version");
    if (!version || !field) return;
    field.value = version;
    saved = state(form);
  }
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, 2000); });
  form.addEventListener("focusout", save);
  form.addEventListener("submit", (e) => {
    clearTimeout(timer);
    if (busy) { e.preventDefault(); sent = e.submitter; return; } // else it would be sent from the version before the one being saved
    saved = state(form);
  });
  addEventListener("online", save);
  return () => state(form) !== saved;
}

/** Tells whether a form that is sent with a button has been changed. */
function guarded(form) {
  const first = state(form);
  let sent = false;
  form.addEventListener("submit", () => { sent = true; });
  addEventListener("pageshow", () => { sent = false; });
  return () => !sent && state(form) !== first;
}

const unsaved = [];
for (const form of document.querySelectorAll("form[method=post]")) {
  if ("autosave" in form.dataset) unsaved.push(autosave(form));
  else if (form.querySelector("input:not([type=hidden]), textarea, select") && !form.querySelector("[data-rows]") && !("free" in form.dataset)) unsaved.push(guarded(form));
}
addEventListener("beforeunload", (e) => {
  if (unsaved.some((changed) => changed())) e.preventDefault();
});

/** One-key shortcuts in lists can be switched off, for people who speak to their computer. */
const keysOff = () => { try { return localStorage.getItem(storedOff) === "1"; } catch { return false; } };
for (const box of document.querySelectorAll("[data-keys-toggle]")) {
  box.closest("[hidden]")?.removeAttribute("hidden");
  box.checked = !keysOff();
  box.addEventListener("change", () => {
    try { localStorage.setItem(storedOff, box.checked ? "0" : "1"); } catch { /* the choice lasts as long as the page */ }
  });
}

/** The rows of the list on the page: a table or a list with data-rows. */
function rows() {
  const list = document.querySelector("[data-rows]");
  return list ? [...list.querySelectorAll(":scope > tbody > tr, :scope > li")] : [];
}

function walk(step) {
  const all = rows();
  if (!all.length) return;
  const now = all.findIndex((r) => "now" in r.dataset);
  const next = all[Math.min(Math.max(now + step, 0), all.length - 1)];
  if (now >= 0) delete all[now].dataset.now;
  next.dataset.now = "";
  const target = next.querySelector("a, button, input");
  if (target) target.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

const typing = (el) => el instanceof HTMLElement && (el.isContentEditable || el.matches("input:not([type=checkbox], [type=radio]), textarea, select"));

document.addEventListener("keydown", (e) => {
  if ((e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey && e.key.toLowerCase() === "k") {
    const search = document.querySelector("[data-search]");
    if (search) { e.preventDefault(); search.focus(); search.select(); }
    return;
  }
  if (e.key === "Escape") { closeTop(e); return; }
  if (e.ctrlKey || e.metaKey || e.altKey || keysOff() || typing(e.target)) return;
  const now = rows().find((r) => "now" in r.dataset);
  if (e.key === "j") walk(1);
  else if (e.key === "k") walk(-1);
  else if (e.key === "x" && now) now.querySelector("input[type=checkbox]")?.click();
  else if (e.key === "Enter" && now && e.target === document.body) now.querySelector("a")?.click();
});

/** Shows what the search box of the page would find, below it, while one writes. Enter leads to the whole search page. */
for (const box of document.querySelectorAll("[data-search]")) {
  const form = box.form, list = document.createElement("div");
  list.className = "hitlist";
  list.hidden = true;
  form.append(list);
  let timer = 0, asked = 0;
  const hide = () => { list.hidden = true; };
  function line(hit) {
    const el = document.createElement(hit.href ? "a" : "b");
    el.textContent = hit.text;
    if (hit.href) el.href = hit.href;
    if (hit.sub) el.append(Object.assign(document.createElement("small"), { textContent: hit.sub }));
    return el;
  }
  async function ask() {
    const mine = ++asked, text = box.value.trim();
    if (!text) { hide(); return; }
    try {
      const answer = await fetch(form.action + "?q=" + encodeURIComponent(text), { headers: { "X-Part": "1" }, credentials: "same-origin", redirect: "error" });
      if (mine !== asked || !answer.ok) return;
      list.replaceChildren(...(await answer.json()).map(line));
      list.hidden = false;
    } catch { /* Enter still leads to the search page */ }
  }
  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 150); });
  form.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && !list.hidden) { e.preventDefault(); e.stopPropagation(); hide(); box.focus(); return; }
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!step || list.hidden) return;
    const links = [box, ...list.querySelectorAll("a")];
    e.preventDefault();
    links[Math.min(Math.max(links.indexOf(document.activeElement) + step, 0), links.length - 1)].focus();
  });
  form.addEventListener("focusout", (e) => { if (!form.contains(e.relatedTarget)) hide(); });
}

/** Closes the menu that is open, the innermost first, and gives the focus back to what opened it. */
function closeTop(e) {
  const open = [...document.querySelectorAll("details.user[open], details.mobilenav[open], details[data-menu][open]")];
  const top = open.findLast((d) => d.contains(document.activeElement)) || open.at(-1);
  if (!top) return;
  e.preventDefault();
  top.open = false;
  top.querySelector("summary")?.focus();
}
document.addEventListener("click", (e) => {
  for (const menu of document.querySelectorAll("details.user[open], details[data-menu][open]")) {
    if (!menu.contains(e.target)) menu.open = false;
  }
});

/** Ticks every row at once, and a run of rows with shift. */
let lastBox = null;
document.addEventListener("click", (e) => {
  const box = e.target;
  if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
  if ("all" in box.dataset) {
    for (const b of box.closest("table, form")?.querySelectorAll("tbody input[type=checkbox]") || []) b.checked = box.checked;
  } else if (box.closest("[data-rows]")) {
    const boxes = rows().flatMap((r) => [...r.querySelectorAll("input[type=checkbox]")]);
    const [a, b] = [boxes.indexOf(lastBox), boxes.indexOf(box)];
    if (e.shiftKey && a >= 0) for (let i = Math.min(a, b); i <= Math.max(a, b); i++) boxes[i].checked = box.checked;
    lastBox = box;
  }
  document.dispatchEvent(new CustomEvent("insegel:ticked"));
});

for (const box of document.querySelectorAll("input[data-all]")) box.hidden = false;

/** What is offered beside a message, such as undoing, is there for thirty seconds; the history has it for longer. */
for (const offer of document.querySelectorAll("[data-offer]")) setTimeout(() => { if (!offer.contains(document.activeElement)) offer.hidden = true; }, 30000);

/** Says how many rows are ticked, where the page asks for it, and hides the bar while none is. */
function count() {
  for (const bar of document.querySelectorAll("[data-bulk]")) {
    const n = document.querySelectorAll("[data-rows] tbody input:checked, ul[data-rows] input:checked").length;
    bar.hidden = n === 0;
    const place = bar.querySelector("[data-count]");
    if (place) place.textContent = String(n);
  }
}
document.addEventListener("insegel:ticked", count);
addEventListener("pageshow", count);

/** Lets cards of a board be dragged to another column. It sends the form of the card's menu, which does the same without a script. */
for (const board of document.querySelectorAll("[data-board]")) {
  let card = null;
  const over = (column) => { for (const c of board.children) c.classList.toggle("over", c === column); };
  for (const c of board.querySelectorAll("[data-card]")) {
    c.draggable = true;
    c.addEventListener("dragstart", (e) => { card = c; e.dataTransfer.effectAllowed = "move"; e.dataTransfer.setData("text/plain", c.id); });
    c.addEventListener("dragend", () => { card = null; over(null); });
  }
  for (const column of board.querySelectorAll("[data-column]")) {
    column.addEventListener("dragover", (e) => { if (card) { e.preventDefault(); over(card.parentElement.parentElement === column ? null : column); } });
    column.addEventListener("drop", (e) => {
      if (!card) return;
      e.preventDefault();
      card.querySelector(`button[name=status][value="${column.dataset.column}"]`)?.click();
    });
  }
}

/** Lets a file be dropped on the field that would choose it. */
for (const drop of document.querySelectorAll("[data-drop]")) {
  const input = drop.querySelector("input[type=file]");
  if (!input) continue;
  drop.querySelector(".drop-hint")?.removeAttribute("hidden");
  for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, (e) => { e.preventDefault(); drop.classList.add("over"); });
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (e) => {
    e.preventDefault();
    if (!e.dataTransfer?.files.length) return;
    input.files = e.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/** Makes or shows a passkey, and sends what the browser answers with the form. */
async function passkey(form) {
  const fault = form.querySelector("[data-passkey-fault]");
  const button = form.querySelector("button");
  const P = globalThis.PublicKeyCredential;
  const create = form.dataset.passkey === "create";
  fault.textContent = "";
  if (!P?.parseCreationOptionsFromJSON || !P.parseRequestOptionsFromJSON || !navigator.credentials) {
    fault.textContent = form.dataset.missing;
    return;
  }
  button.disabled = true;
  try {
    const answer = await fetch(form.dataset.options, {
      method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Autosave": "1" }, credentials: "same-origin", redirect: "error",
    });
    if (!answer.ok) {
      fault.textContent = await answer.text();
      return;
    }
    const { publicKey } = await answer.json();
    const made = create
      ? await navigator.credentials.create({ publicKey: P.parseCreationOptionsFromJSON(publicKey) })
      : await navigator.credentials.get({ publicKey: P.parseRequestOptionsFromJSON(publicKey) });
    form.elements.namedItem("svar").value = JSON.stringify(made.toJSON());
    form.submit();
  } catch (e) {
    fault.textContent = e.name === "InvalidStateError" ? form.dataset.known : form.dataset.stopped;
  } finally {
    button.disabled = false;
  }
}
for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", (e) => { e.preventDefault(); passkey(form); });
}

/** Takes an invitation out of the address, where it must not stay, and into the form. */
const invited = document.querySelector("[data-invitation]");
if (invited && location.hash.length > 1) {
  invited.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

/**
 * A page shows nothing after its session: when it is signed out in another tab, or has not been used for as long as a session lasts.
 * Tabs tell each other, so that one that is worked in keeps the others open.
 */
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("insegel-session") : null;
let over = 0;
function leave() {
  document.body.replaceChildren();
  location.replace("/logga-in?till=" + encodeURIComponent(location.pathname + location.search));
}
function lasts(ms) {
  clearTimeout(over);
  over = setTimeout(leave, Math.min(ms, 2 ** 31 - 1));
}
function stay() {
  if (!words.lasts) return;
  lasts(+words.lasts);
  tabs?.postMessage(+words.lasts);
}
if (words.lasts) {
  stay();
  tabs?.addEventListener("message", (e) => { if (e.data === "out") leave(); else lasts(+e.data); });
} else if (document.querySelector("[data-signed-out]")) {
  tabs?.postMessage("out");
}

/**
 * A page with data-live is changed by others: it asks again and again how far they have come, writes it where data-live-text says, and is
 * loaded anew when there is something else to do on it.
 */
for (const place of document.querySelectorAll("[data-live]")) {
  const { live, every, mark } = place.dataset;
  let wait = +every;
  async function look() {
    try {
      const answer = await fetch(live, { headers: { "X-Part": "1" }, credentials: "same-origin", redirect: "error" });
      wait = answer.ok ? +every : Math.min(wait * 2, 60000);
      if (answer.ok) {
        const now = await answer.json();
        if (now.mark !== mark && !unsaved.some((changed) => changed())) { location.reload(); return; }
        for (const [name, text] of Object.entries(now.texts || {})) {
          for (const at of document.querySelectorAll(`[data-live-text="${name}"]`)) if (at.textContent !== text) at.textContent = text;
        }
      }
    } catch { wait = Math.min(wait * 2, 10000); }
    setTimeout(look, wait);
  }
  if (place.matches("form")) place.addEventListener("submit", look); else look(); // a form asks while what is in it is on its way
}

/** A row of tabs that is wider than the screen shows the one that is open. */
for (const tab of document.querySelectorAll(".tabs [aria-current]")) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 24;

document.querySelector("[data-errors]")?.focus();
