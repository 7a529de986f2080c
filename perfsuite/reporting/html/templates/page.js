"use strict";
// Sorting, filtering and searching of the page's tables, buttons that copy commands, and the meaning of headings.
// Without this script every table is shown in full, and each heading has a link to its meaning.
(() => {
  const tables = new Map();
  const SCALES = { ns: 1e-9, "µs": 1e-6, ms: 1e-3, s: 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

  // The number that a text like "1,230 ns", "12.3×" or "≥1.5 MiB" shows; null if it shows none.
  function shown(text) {
    const found = /^≥?(-?[\d,]*\.?\d+)(?:×|\s*(ns|µs|ms|s|B|KiB|MiB|GiB|TiB))?$/.exec(text.trim());
    return found ? Number(found[1].replaceAll(",", "")) * (SCALES[found[2]] || 1) : null;
  }

  class Sheet {
    constructor(box) {
      this.name = box.dataset.table;
      this.table = box.querySelector("table");
      this.form = box.querySelector("form.filter");
      this.grouped = this.table.classList.contains("rungs");
      this.rows = [...(this.grouped ? this.table.tBodies : this.table.tBodies[0].rows)];
      this.sorting = null;
      this.moved = this.narrowed = false; // whether rows are in another order, or some are hidden
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
      const numeric = this.heads[at].classList.contains("number");
      if (cell.dataset.sort === undefined) return numeric ? shown(cell.textContent) : cell.textContent.trim();
      const number = Number(cell.dataset.sort);
      return Number.isNaN(number) ? cell.dataset.sort : number;
    }

    sort() {
      if (!this.sorting && !this.moved) return;
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
        const words = new Intl.Collator("en", { numeric: true });
        const compare = (a, b) => {
          if (a === null || a === "" || b === null || b === "") return (a === null || a === "") - (b === null || b === "");
          const way = typeof a === "number" && typeof b === "number" ? a - b : words.compare(String(a), String(b));
          return down ? -way : way;
        };
        order = keyed.sort((a, b) => compare(a[0], b[0])).map((pair) => pair[1]);
      }
      this.moved = Boolean(this.sorting);
      order[0]?.parentNode.append(...order);
    }

    fits(row, facet) {
      const column = facet.dataset.column; // of an index, which is filtered by what its columns show
      if (column !== undefined) return row.cells[column].textContent.trim() === facet.value;
      return row.dataset.facets.split(" ")[this.facets.indexOf(facet)] === String(facet.selectedIndex);
    }

    filter() {
      const words = (this.search ? this.search.value : "").toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = this.facets.filter((facet) => facet.value);
      if (!words.length && !wanted.length && !this.narrowed) return;
      let shown = 0;
      for (const row of this.rows) {
        if (words.length) row.text ??= row.textContent.toLowerCase();
        const fits = wanted.every((facet) => this.fits(row, facet)) && words.every((word) => row.text.includes(word));
        row.hidden = !fits;
        shown += fits;
      }
      this.narrowed = shown < this.rows.length;
      this.shown.textContent = shown.toLocaleString("en");
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

  // The meaning of a heading, beside it: at the pointer or the focus, until either leaves or Escape is pressed.
  function explain() {
    const tip = document.createElement("div");
    tip.id = "tip";
    tip.setAttribute("role", "tooltip");
    tip.hidden = true;
    document.body.append(tip);
    let at = null;
    const hide = () => {
      at?.querySelector("[aria-describedby=tip]")?.removeAttribute("aria-describedby");
      at = null;
      tip.hidden = true;
    };
    const show = (heading, focus) => {
      if (at !== heading) hide();
      at = heading;
      tip.textContent = heading.dataset.tip;
      tip.hidden = false;
      focus?.setAttribute("aria-describedby", "tip");
      place(heading);
    };
    const place = (heading) => {
      const box = heading.getBoundingClientRect();
      const left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - tip.offsetWidth - 8));
      const below = box.bottom + 2;
      const top = below + tip.offsetHeight <= innerHeight ? below : box.top - tip.offsetHeight - 2;
      tip.style.left = `${left}px`;
      tip.style.top = `${Math.max(0, top)}px`;
    };
    for (const heading of document.querySelectorAll("th[title], h2[title], h3[title]")) {
      heading.dataset.tip = heading.title;
      heading.removeAttribute("title");
      if (!heading.querySelector("a, button")) (heading.firstElementChild || heading).tabIndex = 0;
    }
    const of = (event) => (event.target instanceof Element ? event.target.closest("[data-tip]") : null);
    document.addEventListener("pointerover", (event) => {
      const heading = of(event);
      if (heading) show(heading);
      else if (at && event.target !== tip && !at.querySelector(":focus-visible")) hide();
    });
    document.addEventListener("focusin", (event) => {
      const heading = of(event);
      if (heading && event.target.matches(":focus-visible")) show(heading, event.target);
    });
    document.addEventListener("focusout", hide);
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
    const moved = () => (at?.querySelector(":focus-visible") ? place(at) : hide());
    addEventListener("scroll", moved, { passive: true, capture: true });
  }

  // Copy a command; where the clipboard cannot be used, select it instead.
  async function copy(command, button) {
    if (button.textContent !== "Copy") return; // it still says what the last click did
    let told = "Copied";
    try {
      await navigator.clipboard.writeText(command.textContent);
    } catch {
      getSelection().selectAllChildren(command);
      told = "Selected";
    }
    const name = button.getAttribute("aria-label");
    button.textContent = told;
    button.setAttribute("aria-label", told);
    setTimeout(() => {
      button.textContent = "Copy";
      button.setAttribute("aria-label", name);
    }, 2000);
  }

  function offer() {
    for (const command of document.querySelectorAll(".command")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.setAttribute("aria-label", `Copy ${command.textContent.trim()}`);
      button.addEventListener("click", () => copy(command.querySelector("code") || command, button));
      command.before(button);
    }
  }

  // Say where something wider than the page can be scrolled.
  function hint() {
    const watch = new ResizeObserver((entries) => {
      for (const { target } of entries) {
        const box = target.closest(".scroll");
        box.classList.toggle("more", box.scrollWidth > box.clientWidth + 1);
      }
    });
    for (const box of document.querySelectorAll(".scroll")) {
      const said = document.createElement("p");
      said.className = "sideways";
      said.textContent = "Scroll sideways for more →";
      said.setAttribute("aria-hidden", "true");
      box.before(said);
      watch.observe(box);
      if (box.firstElementChild) watch.observe(box.firstElementChild);
    }
  }

  for (const box of document.querySelectorAll("[data-table]")) {
    if (box.querySelector("tbody")) tables.set(box.dataset.table, new Sheet(box));
  }
  explain();
  offer();
  hint();
  addEventListener("hashchange", recall);
  recall();
})();
