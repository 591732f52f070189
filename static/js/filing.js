// The form of a matter: saves by itself, uploads a paper as soon as it is chosen, adds rows of people. Without it the
// same form is saved by its buttons.
(function () {
  "use strict";
  document.documentElement.classList.add("scripted");
  const form = document.querySelector("[data-filing]");
  const box = document.querySelector("[data-saved]");
  const PAUSE = 1200;
  const RETRY = 5000;

  // Rows of people
  document.querySelectorAll("[data-people]").forEach((people) => {
    const add = people.querySelector("[data-people-add]");
    add.hidden = false;
    add.addEventListener("click", () => {
      const rows = people.querySelector("[data-people-rows]");
      const row = rows.lastElementChild.cloneNode(true);
      row.querySelectorAll("input").forEach((input) => { input.value = ""; });
      row.querySelectorAll("select").forEach((select) => { select.selectedIndex = 0; });
      rows.append(row);
      row.querySelector("input").focus();
    });
  });

  // Papers: one request a file, with progress; the answer is the slot's list. Removing works the same way.
  function send(request, target, slot) {
    const progress = slot.querySelector("progress");
    const call = new XMLHttpRequest();
    call.open("POST", target);
    call.setRequestHeader("X-Slot", "1");
    progress.hidden = false;
    progress.value = 0;
    call.upload.onprogress = (event) => { progress.value = event.lengthComputable ? (event.loaded / event.total) * 100 : 50; };
    call.onloadend = () => {
      progress.hidden = true;
      slot.querySelector("[data-failed]").hidden = true;
      if (call.responseURL && (call.responseURL !== target || call.status === 403)) signedOut();
      else if (call.status === 200 || call.status === 422) slot.querySelector("[data-slot-list]").innerHTML = call.responseText;
      else slot.querySelector("[data-failed]").hidden = false;
      const input = slot.querySelector("input[type=file]");
      input.value = "";
      input.disabled = false;
    };
    call.send(request);
  }
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-slot-upload] input[type=file]") || !event.target.files.length) return;
    const upload = event.target.form;
    const request = new FormData(upload);
    event.target.disabled = true;
    send(request, upload.action, upload.closest("[data-slot]"));
  });
  document.addEventListener("submit", (event) => {
    const remove = event.target.closest("[data-slot-list] [data-slot-form]");
    if (!remove) return;
    event.preventDefault();
    send(new FormData(remove), remove.action, remove.closest("[data-slot]"));
  }, true);

  if (!form) return;
  const word = box.querySelector("[data-saved-word]");
  const stale = document.querySelector("[data-stale]");
  const key = `filing:${form.dataset.case}:${location.pathname}`;
  const dirty = new Set();
  let timer = null;
  let running = null;
  let halted = false;

  function tell(text, bad) {
    word.textContent = text;
    box.classList.toggle("bad", Boolean(bad));
  }

  // What a group holds: every input of it that has a name; answers to items are groups of their own.
  function groupOf(element) {
    return element.closest("[data-ask], .answer-field");
  }
  function inputsOf(group) {
    return [...group.querySelectorAll("[name]")].filter((input) => !input.disabled);
  }
  function fill(request, group) {
    inputsOf(group).forEach((input) => {
      if (input.type === "radio" || input.type === "checkbox") { if (input.checked) request.append(input.name, input.value); }
      else request.append(input.name, input.value);
    });
  }

  function show(answer) {
    form.elements.version.value = answer.version;
    Object.entries(answer.errors).forEach(([name, sentences]) => {
      const place = document.querySelector(`[data-error="${name}"]`);
      if (!place) return;
      place.replaceChildren();
      if (sentences.length) {
        const line = document.createElement("div");
        line.className = "field-error";
        line.textContent = sentences.join(" ");
        place.append(line);
      }
      const input = document.getElementById(name);
      if (input && input.matches("input, textarea")) input.toggleAttribute("aria-invalid", false);
      if (input && sentences.length && input.matches("input, textarea")) input.setAttribute("aria-invalid", "true");
    });
    Object.entries(answer.conditions).forEach(([name, html]) => {
      const place = document.querySelector(`[data-conditions="${name}"]`);
      if (place) place.innerHTML = html;
    });
    const alike = document.querySelector("[data-alike]");
    if (alike && answer.alike !== null) alike.innerHTML = answer.alike;
  }

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  }

  async function save() {
    if (halted || dirty.size === 0) return;
    if (running) { await running; if (dirty.size) later(0); return; }
    const groups = [...dirty];
    dirty.clear();
    const request = new FormData();
    request.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    request.append("version", form.elements.version.value);
    groups.forEach((group) => fill(request, group));
    tell(box.dataset.wordSaving);
    running = post(request, groups);
    await running;
    running = null;
    if (dirty.size && !halted) later(box.classList.contains("bad") ? RETRY : 0);
  }

  async function post(request, groups) {
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", body: request, headers: { Accept: "application/json" } });
    } catch (error) {
      answer = null;
    }
    if (answer && answer.ok && !answer.redirected) {
      const data = await answer.json();
      show(data);
      tell(`${box.dataset.wordSaved} ${data.saved}`);
      sessionStorage.removeItem(key);
      return;
    }
    groups.forEach((group) => dirty.add(group));
    if (answer && (answer.redirected || answer.status === 403)) { signedOut(); return; }
    if (answer && [409, 410, 422].includes(answer.status)) { await refused(answer); return; }
    tell(`${box.dataset.wordUnsaved}. ${box.dataset.wordRetry}`, true);
  }

  async function refused(answer) {
    const data = await answer.json();
    halted = Boolean(data.stale) || answer.status === 410;
    tell(`${box.dataset.wordUnsaved}. ${data.message}`, true);
    if (data.stale) {
      stale.querySelector("[data-stale-word]").textContent = data.message;
      stale.hidden = false;
      stale.querySelector("button").focus();
    } else dirty.clear();
  }

  // The way to the sign-in page and back to this one; what was typed waits for the way back.
  function signedOut() {
    halted = true;
    tell(box.dataset.wordUnsaved, true);
    const told = document.querySelector("[data-signed-out]");
    told.hidden = false;
    told.querySelector("a").focus();
  }

  // A newer form is loaded; what was typed here and is not saved is put into it.
  function typedIn(group) {
    return inputsOf(group).filter((input) => input.name !== "ask");
  }
  function keep(version) {
    const groups = [...dirty].map((group) => ({
      id: group.id,
      values: typedIn(group).map((input) => ({ value: input.value, checked: input.checked })),
    }));
    sessionStorage.setItem(key, JSON.stringify({ version, groups }));
  }
  // What was kept for one version is saved already when the form has another one now.
  function restore() {
    const kept = JSON.parse(sessionStorage.getItem(key) || "{}");
    sessionStorage.removeItem(key);
    if (!kept.groups || (kept.version && kept.version !== form.elements.version.value)) return;
    kept.groups.forEach((one) => {
      const group = document.getElementById(one.id);
      if (!group) return;
      typedIn(group).forEach((input, at) => {
        if (!one.values[at]) return;
        if (input.type === "radio" || input.type === "checkbox") input.checked = one.values[at].checked;
        else input.value = one.values[at].value;
      });
      dirty.add(group);
    });
    if (dirty.size) later(0);
  }
  document.querySelector("[data-stale-reload]").addEventListener("click", () => { keep(); dirty.clear(); location.reload(); });
  document.querySelector("[data-signed-out] a").addEventListener("click", () => { keep(); dirty.clear(); });

  form.addEventListener("input", (event) => {
    const group = groupOf(event.target);
    if (!group) return;
    dirty.add(group);
    later(PAUSE);
  });
  form.addEventListener("change", (event) => {
    const group = groupOf(event.target);
    if (!group) return;
    dirty.add(group);
    later(0);
  });
  // The buttons save the whole form: nothing may still be on its way with an older version.
  form.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    if (!running) {
      if (dirty.size) keep(form.elements.version.value);
      dirty.clear();
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const button = event.submitter;
    await running;
    form.removeAttribute("aria-busy");
    form.requestSubmit(button || undefined);
  }, true);
  window.addEventListener("beforeunload", (event) => { if (dirty.size) event.preventDefault(); });
  window.addEventListener("online", () => later(0));
  restore();
})();
