"use strict";
// Shows the rows that have all words of the field and are of the kind that is chosen. Groups of few such rows open.
document.documentElement.classList.add("scripted");
for (const filter of document.querySelectorAll(".filter")) {
  const section = document.getElementById(filter.dataset.for);
  const rows = [...section.querySelectorAll(".findings > li, tbody > tr")];
  const texts = rows.map((row) => {
    const group = row.closest("details");
    return ((group ? group.querySelector("summary").textContent + " " : "") + row.textContent).toLowerCase();
  });
  const [field, kind, differs, count] =
    ['input[type="search"]', "select", 'input[type="checkbox"]', "output"].map((it) => filter.querySelector(it));
  const apply = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, index) => {
      const fits = words.every((word) => texts[index].includes(word))
        && (!kind || !kind.value || row.dataset.kind === kind.value)
        && (!differs || !differs.checked || row.dataset.differs !== undefined);
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    const asked = words.length > 0 || (kind && kind.value) || (differs && differs.checked);
    for (const group of section.querySelectorAll("details")) {
      group.hidden = !group.querySelector("tbody > tr:not([hidden])");
      if (asked && shown <= 300 && !group.hidden) group.open = true;
    }
    count.textContent = shown === rows.length ? `${rows.length} rows` : `${shown} of ${rows.length} rows`;
  };
  filter.addEventListener("input", apply);
  apply();
}
