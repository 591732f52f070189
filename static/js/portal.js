// Small behaviours of every page. Nothing here is needed to read a page; forms and links work without it.
(function () {
  "use strict";
  const root = document.documentElement;
  const year = 31536000;

  function remember(name, value) {
    document.cookie = `${name}=${value}; path=/; max-age=${year}; samesite=lax` + (location.protocol === "https:" ? "; secure" : "");
  }

  // The left menu folds to icons with words and stays so.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-menu-fold]");
    if (!button) return;
    const narrow = root.classList.toggle("menu-narrow");
    button.setAttribute("aria-expanded", String(!narrow));
    remember("menu", narrow ? "narrow" : "wide");
    window.dispatchEvent(new Event("resize"));
  });

  // A verb with consequences asks once, naming them: data-confirm on a form or on its button.
  const dialog = document.getElementById("confirm");
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const asks = (event.submitter && event.submitter.dataset.confirm) || form.dataset.confirm;
    if (!asks || !dialog || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    dialog.querySelector("[data-confirm-text]").textContent = asks;
    dialog.returnValue = "";
    dialog.onclose = () => {
      if (dialog.returnValue !== "yes") return;
      form.dataset.confirmed = "1";
      form.requestSubmit(event.submitter || undefined);
      delete form.dataset.confirmed;
    };
    dialog.showModal();
  }, true);

  // One click sends a form once. The browser's back button gives the form back.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    else form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[aria-busy]").forEach((form) => form.removeAttribute("aria-busy")));

  // Selects that act at once (data-submit-on-change) have a button beside them for keyboards without scripts.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  });

  // 区–街道–社区: choosing a place fills the next select; the hidden field carries the deepest choice.
  function fill(select, rows) {
    select.replaceChildren(new Option(select.dataset.empty, ""), ...rows.map((row) => new Option(row.name, row.id)));
    select.disabled = rows.length === 0;
  }
  document.addEventListener("change", async (event) => {
    const select = event.target.closest("[data-cascade] select");
    if (!select) return;
    const box = select.closest("[data-cascade]");
    const selects = [...box.querySelectorAll("select")];
    const at = selects.indexOf(select);
    selects.slice(at + 1).forEach((later) => fill(later, []));
    const chosen = selects.slice(0, at + 1).map((one) => one.value).filter(Boolean).pop() || "";
    const field = box.querySelector("input[type=hidden]");
    field.value = chosen;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    if (!select.value || !selects[at + 1]) return;
    const answer = await fetch(`${box.dataset.url}?parent=${encodeURIComponent(select.value)}`, { headers: { Accept: "application/json" } });
    if (answer.ok && field.value === chosen) fill(selects[at + 1], (await answer.json()).divisions);
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  // A list of errors takes the focus, so that a keyboard or a screen reader starts there.
  const errors = document.querySelector("[data-error-summary]");
  if (errors) errors.focus();
})();
