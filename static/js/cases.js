// The page of a case: phrases go into the note; the first click on "return" shows where to mark what is wrong.
document.querySelectorAll("[data-phrase]").forEach((button) => {
  button.addEventListener("click", () => {
    const note = document.getElementById("note");
    note.value = note.value ? `${note.value}${button.dataset.phrase}` : button.dataset.phrase;
    note.focus();
  });
});
document.querySelectorAll("[data-return]").forEach((button) => {
  const items = document.querySelectorAll("[data-return-item]");
  const ticked = () => Array.from(items).some((item) => item.querySelector("input[type=checkbox]").checked);
  button.addEventListener("click", (event) => {
    if (ticked()) return;
    event.preventDefault();
    items.forEach((item) => { item.hidden = false; });
    items[0].querySelector("input").focus();
  });
});
