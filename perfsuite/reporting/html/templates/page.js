"use strict";
// Sorting, filtering and searching of the page's tables. Without this script every table is shown in full.
(() => {
  const tables = new Map();

  class Sheet {
    constructor(box) {
      this.name = box.dataset.table;
      this.table = box.querySelector("table");
      this.form = box.querySelector("form.filter");
      this.grouped = this.table.classList.contains("rungs");
      this.rows = [...(this.grouped ? this.table.tBodies : this.table.tBodies[0].rows)];
      this.sorting = null;
      this.heads = [...this.table.tHead.rows[0].cells];
      if (this.rows.length > 2) this.heads.forEach((head, at) => this.button(head, at));
      if (this.form) this.listen();
    }

    button(head, at) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(head.querySelector("bdi"));
      head.prepend(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const down = this.sorting && this.sorting.at === at && !this.sorting.down;
        const again = this.sorting && this.sorting.at === at && this.sorting.down;
        this.sorting = again ? null : { at, down: Boolean(down) };
        this.sort();
        remember();
      });
    }

    listen() {
      this.search = this.form.querySelector("[data-search]");
      this.facets = [...this.form.querySelectorAll("[data-facet]")];
      this.shown = this.form.querySelector("[data-shown]");
      this.form.hidden = false;
      this.form.addEventListener("submit", (event) => event.preventDefault());
      this.form.addEventListener("input", () => { this.filter(); remember(); });
      this.form.addEventListener("reset", () => setTimeout(() => { this.filter(); remember(); }));
    }

    key(row, at) {
      const cell = (this.grouped ? row.rows[0] : row).cells[at];
      if (!cell) return null; // a wide cell says why there is no value
      if (cell.dataset.sort === undefined) return cell.classList.contains("number") ? null : cell.textContent.trim();
      const number = Number(cell.dataset.sort);
      return Number.isNaN(number) ? cell.dataset.sort : number;
    }

    sort() {
      this.heads.forEach((head, at) => {
        const mine = this.sorting && this.sorting.at === at;
        if (head.hasAttribute("aria-sort")) {
          head.setAttribute("aria-sort", mine ? (this.sorting.down ? "descending" : "ascending") : "none");
        }
      });
      let order = this.rows;
      if (this.sorting) {
        const { at, down } = this.sorting;
        const keyed = this.rows.map((row) => [this.key(row, at), row]);
        const compare = (a, b) => {
          if (a === null || a === "" || b === null || b === "") return (a === null || a === "") - (b === null || b === "");
          const way = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
          return down ? -way : way;
        };
        order = keyed.sort((a, b) => compare(a[0], b[0])).map((pair) => pair[1]);
      }
      order[0]?.parentNode.append(...order);
    }

    filter() {
      const words = (this.search ? this.search.value : "").toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = this.facets.filter((facet) => facet.value).map((facet) => [`data-facet-${facet.dataset.facet}`, facet.value]);
      let shown = 0;
      for (const row of this.rows) {
        row.text ??= row.textContent.toLowerCase();
        const fits = wanted.every(([name, value]) => row.getAttribute(name) === value) && words.every((word) => row.text.includes(word));
        row.hidden = !fits;
        shown += fits;
      }
      this.shown.textContent = String(shown);
    }

    state(into) {
      if (this.sorting) into.set(`${this.name}.sort`, `${this.sorting.at}${this.sorting.down ? "-" : "+"}`);
      if (!this.form) return;
      if (this.search?.value) into.set(`${this.name}.search`, this.search.value);
      for (const facet of this.facets) if (facet.value) into.set(`${this.name}.${facet.dataset.facet}`, facet.value);
    }

    restore(from) {
      const sorting = /^(\d+)([+-])$/.exec(from.get(`${this.name}.sort`) || "");
      const known = sorting && this.heads[Number(sorting[1])]?.hasAttribute("aria-sort");
      this.sorting = known ? { at: Number(sorting[1]), down: sorting[2] === "-" } : null;
      this.sort();
      if (!this.form) return;
      if (this.search) this.search.value = from.get(`${this.name}.search`) || "";
      for (const facet of this.facets) {
        facet.value = from.get(`${this.name}.${facet.dataset.facet}`) || "";
        if (facet.selectedIndex < 0) facet.value = "";
      }
      this.filter();
    }
  }

  function remember() {
    const state = new URLSearchParams();
    for (const sheet of tables.values()) sheet.state(state);
    history.replaceState(null, "", `${state}` ? `#${state}` : location.pathname + location.search);
  }

  function recall() {
    const hash = location.hash.slice(1);
    if (hash && !hash.includes("=")) return; // an anchor on the page
    const state = new URLSearchParams(hash);
    for (const sheet of tables.values()) sheet.restore(state);
  }

  for (const box of document.querySelectorAll("[data-table]")) {
    if (box.querySelector("tbody")) tables.set(box.dataset.table, new Sheet(box));
  }
  addEventListener("hashchange", recall);
  recall();
})();
