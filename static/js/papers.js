// The print page of an issued paper.
document.querySelector("[data-print]").addEventListener("click", () => window.print());
