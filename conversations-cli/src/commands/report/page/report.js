// @ts-check
// The table of conversations: filters, sorting, transcripts. The charts are part of the page and work without it.
"use strict";
(() => {
  /**
   * @typedef {[string, number | null, number, number, number, boolean | null, number | null, number | null,
   *   number | null, number | null, number | null, number, number | null, number[][], string | null]} RawRow
   * @typedef {{labels: string[], metrics: string[], rows: RawRow[]}} Data
   * @typedef {{user?: string, user_en?: string, user_at?: number, marks?: string[], functions?: string[],
   *   agent?: string, agent_en?: string, agent_at?: number, latency?: number}} Turn
   * @typedef {{index: number, id: string, started: number | null, date: string, hour: string, channel: string,
   *   variant: string, environment: string, handoff: boolean | null, reason: string, duration: number | null,
   *   turns: number | null, silence: number, ood: number, bargeIns: number, latency: number | null,
   *   metrics: Record<string, string[]>, recording: string | null}} Row
   */
  const PAGE = 50;
  /** @type {(id: string) => HTMLElement} */
  const get = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
  /** @type {Data} */
  const data = JSON.parse(get("data").textContent ?? "");
  if (data.rows.length === 0) return;
  const form = /** @type {HTMLFormElement} */ (get("filters"));
  const table = /** @type {HTMLTableElement} */ (get("table"));
  const dialog = /** @type {HTMLDialogElement} */ (get("transcript"));
  const body = table.tBodies[0];
  const blocks = [...document.querySelectorAll("script.transcripts")];

  const rows = data.rows.map((raw, index) => {
    const [id, started, channel, variant, environment, handoff, reason, duration, turns, silences, ood, bargeIns,
      latency, metrics, recording] = raw;
    // Local times are sent as if they were UTC, so that no time zone of the reader shifts them.
    const local = started === null ? null : new Date(started * 1000);
    /** @type {Row} */
    const row = {
      index, id, started, duration, turns, latency, handoff, bargeIns, recording,
      date: local ? local.toISOString().slice(0, 10) : "",
      hour: local ? `${(local.getUTCDay() + 6) % 7}-${local.getUTCHours()}` : "",
      channel: data.labels[channel],
      variant: data.labels[variant],
      environment: data.labels[environment],
      reason: reason === null ? "" : data.labels[reason],
      silence: silences ?? 0,
      ood: ood ?? 0,
      metrics: {},
    };
    metrics.forEach((values, at) => {
      row.metrics[`metric_${data.metrics[at]}`] = values.map((value) => data.labels[value]);
    });
    return row;
  });

  // Transcripts are parsed block by block while the browser is idle, or as soon as one is needed.
  /** @type {(Turn[] | null)[]} */
  const transcripts = new Array(rows.length);
  /** @type {string[]} */
  const texts = new Array(rows.length);
  const hasTranscripts = blocks.length > 0;
  const parseBlock = () => {
    const block = /** @type {HTMLElement} */ (blocks.shift());
    const first = Number(block.dataset.first);
    /** @type {(Turn[] | null)[]} */
    const all = JSON.parse(block.textContent ?? "[]");
    all.forEach((turns, at) => {
      transcripts[first + at] = turns;
      const said = (turns ?? []).flatMap((turn) => [turn.user, turn.user_en, turn.agent, turn.agent_en]);
      texts[first + at] = said.filter(Boolean).join("\n").toLowerCase();
    });
    block.remove();
  };
  const parseAll = () => {
    while (blocks.length > 0) parseBlock();
  };
  const later = (/** @type {() => void} */ work) => {
    // A busy machine may never be idle, and not every browser tells.
    if ("requestIdleCallback" in window) window.requestIdleCallback(() => work(), { timeout: 500 });
    else setTimeout(work);
  };
  const parseLater = () => {
    if (blocks.length === 0) return;
    parseBlock();
    later(parseLater);
  };

  /** The filters that are set. Those of the form have the names of its fields. @type {Map<string, string>} */
  const filters = new Map();
  let sort = { key: "started", descending: true };
  let page = 0;
  let shown = rows;

  const NAMES = /** @type {Record<string, string>} */ ({
    text: "Text", from: "From", to: "To", channel: "Channel", variant: "Variant", environment: "Environment",
    kind: "Kind", handoff_reason: "Handoff reason", least: "Shortest", most: "Longest", date: "Date", hour: "Hour",
  });
  const KINDS = /** @type {Record<string, (row: Row) => boolean>} */ ({
    handoff: (row) => row.handoff === true,
    no_handoff: (row) => row.handoff !== true,
    silence: (row) => row.silence > 0,
    ood: (row) => row.ood > 0,
    barge_in: (row) => row.bargeIns > 0,
  });
  const KIND_NAMES = /** @type {Record<string, string>} */ ({
    handoff: "handed off", no_handoff: "not handed off", silence: "silent turns", ood: "out-of-domain turns",
    barge_in: "barge-ins",
  });
  const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

  /** @type {(key: string, value: string) => (row: Row) => boolean} */
  const test = (key, value) => {
    switch (key) {
      case "text": {
        const wanted = value.toLowerCase();
        return (row) => row.id.toLowerCase().includes(wanted) || (texts[row.index] ?? "").includes(wanted);
      }
      case "from": return (row) => row.date >= value;
      case "to": return (row) => row.date !== "" && row.date <= value;
      case "date": return (row) => row.date.startsWith(value);
      case "hour": return (row) => row.hour === value;
      case "kind": return KINDS[value];
      case "least": return (row) => row.duration !== null && row.duration >= Number(value);
      case "most": return (row) => row.duration !== null && row.duration <= Number(value);
      case "channel": return (row) => row.channel === value;
      case "variant": return (row) => row.variant === value;
      case "environment": return (row) => row.environment === value;
      case "handoff_reason": return (row) => row.handoff === true && row.reason === value;
      default: return (row) => (row.metrics[key] ?? []).includes(value);
    }
  };

  /** @type {(key: string, value: string) => string} */
  const described = (key, value) => {
    const name = NAMES[key] ?? key.replace(/^metric_/, "");
    if (key === "hour") {
      const [day, hour] = value.split("-");
      return `${DAYS[Number(day)]} ${hour.padStart(2, "0")}:00`;
    }
    if (key === "kind") return KIND_NAMES[value];
    if (key === "least" || key === "most") return `${name} ${value} s`;
    return `${name}: ${value}`;
  };

  // Formats
  const count = new Intl.NumberFormat("en-US");
  const days = new Intl.DateTimeFormat("en-US", { weekday: "short", month: "short", day: "numeric", year: "numeric", timeZone: "UTC" });
  /** @type {(row: Row) => string} */
  const started = (row) => row.started === null ? "unknown"
    : `${days.format(row.started * 1000)} ${new Date(row.started * 1000).toISOString().slice(11, 16)}`;
  /** @type {(seconds: number | null | undefined) => string} */
  const clock = (seconds) => {
    if (seconds === null || seconds === undefined) return "";
    const whole = Math.max(0, Math.floor(seconds));
    const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
    const minutes = Math.floor(whole / 60);
    return minutes < 60 ? `${minutes}:${two(whole % 60)}`
      : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
  };
  /** @type {(seconds: number | null | undefined) => string} */
  const exact = (seconds) => seconds === null || seconds === undefined ? "" : `${seconds.toFixed(2)} s`;
  /** @type {(numbers: number[]) => number | null} */
  const median = (numbers) => {
    numbers.sort((one, other) => one - other);
    return numbers.length > 0 ? numbers[Math.floor((numbers.length - 1) / 2)] : null;
  };

  /** Creates an element with text. @type {(tag: string, name?: string, text?: string) => HTMLElement} */
  const create = (tag, name = "", text = "") => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text) element.textContent = text;
    return element;
  };
  /** Creates an element with text from elsewhere, whose direction must not affect what is around it. @type {(text: string) => HTMLElement} */
  const foreign = (text) => create("bdi", "", text);

  const compare = (/** @type {Row} */ one, /** @type {Row} */ other) => {
    const key = /** @type {keyof Row} */ (sort.key);
    const [a, b] = [one[key], other[key]];
    // What is unknown comes last in either order.
    const unknown = Number(a === null || a === "") - Number(b === null || b === "");
    if (unknown !== 0) return unknown;
    const order = typeof a === "string" ? a.localeCompare(String(b)) : Number(a) - Number(b);
    return (sort.descending ? -order : order) || one.index - other.index;
  };

  const apply = () => {
    if (filters.has("text")) parseAll();
    const tests = [...filters].map(([key, value]) => test(key, value));
    shown = rows.filter((row) => tests.every((matches) => matches(row)));
    shown.sort(compare);
    page = 0;
    describe();
    draw();
  };

  /** Shows what the filters select, and which ones are set. */
  const describe = () => {
    const parts = [shown.length === rows.length ? `${count.format(rows.length)} conversations`
      : `${count.format(shown.length)} of ${count.format(rows.length)} conversations`];
    if (shown.length > 0) {
      const handedOff = shown.filter(KINDS.handoff).length;
      parts.push(`${(100 * handedOff / shown.length).toFixed(1)}% handed off`);
      const duration = median(shown.flatMap((row) => row.duration ?? []));
      if (duration !== null) parts.push(`median duration ${clock(Math.round(duration))}`);
    }
    get("summary").textContent = parts.join(" · ");
    get("chips").replaceChildren(...[...filters].map(([key, value]) => {
      const chip = create("button");
      chip.append(foreign(described(key, value)), " ×");
      chip.setAttribute("aria-label", `Remove filter ${described(key, value)}`);
      chip.addEventListener("click", () => set(key, ""));
      return chip;
    }));
    const bar = get("bar");
    bar.hidden = filters.size === 0;
    /** @type {HTMLElement} */ (bar.firstElementChild).textContent = parts[0];
    for (const element of document.querySelectorAll("[data-filter]")) {
      const { filter = "", value = "" } = /** @type {HTMLElement} */ (element).dataset;
      element.setAttribute("aria-pressed", String(filters.get(filter) === value));
    }
    for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("[name]"))) {
      const value = filters.get(field.name) ?? "";
      if (field.value !== value) field.value = value;
    }
  };

  const draw = () => {
    const from = page * PAGE;
    body.replaceChildren(...shown.slice(from, from + PAGE).map((row) => {
      const line = document.createElement("tr");
      const cell = (/** @type {string} */ name, /** @type {(string | Node)[]} */ ...content) => {
        const made = create("td", name);
        made.append(...content);
        line.append(made);
      };
      const open = create("button", "open", started(row));
      open.setAttribute("type", "button");
      cell("", open);
      cell("wide", foreign(row.channel));
      cell("wide", foreign(row.variant));
      cell("number", clock(row.duration));
      cell("number wide", row.turns === null ? "" : count.format(row.turns));
      cell("number wide", exact(row.latency));
      cell("", row.handoff === true ? foreign(row.reason) : row.handoff === false ? create("span", "note", "no") : "");
      const notes = [];
      if (row.silence > 0) notes.push(`${row.silence} silent`);
      if (row.ood > 0) notes.push(`${row.ood} out of domain`);
      if (row.bargeIns > 0) notes.push(`${row.bargeIns} barge-in${row.bargeIns > 1 ? "s" : ""}`);
      cell("wide", ...notes.map((note) => create("span", "tag", note)));
      line.addEventListener("click", () => show(row));
      return line;
    }));
    const pages = Math.ceil(shown.length / PAGE);
    const nav = get("pages");
    nav.hidden = pages < 2;
    const [previous, next] = nav.querySelectorAll("button");
    previous.disabled = page === 0;
    next.disabled = page >= pages - 1;
    /** @type {HTMLElement} */ (nav.querySelector("span")).textContent = `Page ${page + 1} of ${count.format(pages)}`;
    for (const button of table.querySelectorAll("[data-sort]")) {
      const is = /** @type {HTMLElement} */ (button).dataset.sort === sort.key;
      const order = sort.descending ? "descending" : "ascending";
      /** @type {HTMLElement} */ (button.parentElement).setAttribute("aria-sort", is ? order : "none");
    }
  };

  /** Sets a filter; an empty value removes it. @type {(key: string, value: string) => void} */
  const set = (key, value) => {
    if (value === "") filters.delete(key);
    else filters.set(key, value);
    apply();
  };

  // Transcripts
  /** Creates the text of a turn, with the words searched for marked. @type {(text: string) => HTMLElement} */
  const said = (text) => {
    const made = create("p", "text");
    made.dir = "auto";
    const wanted = (filters.get("text") ?? "").toLowerCase();
    const lower = text.toLowerCase();
    let from = 0;
    if (wanted && lower.length === text.length) {
      for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
        made.append(text.slice(from, at), create("mark", "", text.slice(at, at + wanted.length)));
        from = at + wanted.length;
      }
    }
    made.append(text.slice(from));
    return made;
  };

  /** @type {(who: string, at: number | undefined, text: string | undefined, english: string | undefined, notes: string[]) => HTMLElement} */
  const turnOf = (who, at, text, english, notes) => {
    const item = create("li", who);
    const content = create("div", "body");
    content.append(create("div", "who", who === "caller" ? "Caller" : who === "agent" ? "Agent" : "Function"));
    if (text) content.append(said(text));
    if (english && english !== text) {
      const translated = create("p", "text english", english);
      translated.dir = "auto";
      content.append(translated);
    }
    for (const note of notes) {
      const tag = create("span", "tag");
      tag.append(foreign(note));
      content.append(tag);
    }
    item.append(create("span", "at", clock(at)), content);
    return item;
  };

  /** @type {(turns: Turn[]) => HTMLElement[]} */
  const itemsOf = (turns) => turns.flatMap((turn) => {
    const items = [];
    const marks = turn.marks ?? [];
    if (turn.user || marks.length > 0) items.push(turnOf("caller", turn.user_at, turn.user, turn.user_en, marks));
    for (const call of turn.functions ?? []) items.push(turnOf("function", undefined, undefined, undefined, [call]));
    const latency = turn.latency === undefined ? [] : [`Latency ${exact(turn.latency)}`];
    if (turn.agent || latency.length > 0) items.push(turnOf("agent", turn.agent_at, turn.agent, turn.agent_en, latency));
    return items;
  });

  let current = 0;
  /** @type {(row: Row) => void} */
  const show = (row) => {
    current = shown.indexOf(row);
    const title = get("transcript-title");
    title.textContent = started(row);
    const list = /** @type {HTMLElement} */ (dialog.querySelector("dl"));
    list.replaceChildren();
    const term = (/** @type {string} */ name, /** @type {string | Node} */ value) => {
      if (value === "") return;
      const made = create("dd");
      made.append(value instanceof Node ? value : foreign(value));
      list.append(create("dt", "", name), made);
    };
    term("Id", row.id);
    term("Channel", row.channel);
    term("Variant", row.variant);
    term("Environment", row.environment);
    term("Duration", clock(row.duration));
    term("Handoff", row.handoff === true ? row.reason : row.handoff === false ? "no" : "");
    term("Slowest turn", exact(row.latency));
    for (const [name, values] of Object.entries(row.metrics)) term(name.replace(/^metric_/, ""), values.join(", "));
    if (row.recording !== null) {
      const link = /** @type {HTMLAnchorElement} */ (create("a", "", "Listen"));
      link.href = row.recording;
      link.target = "_blank";
      link.rel = "noopener";
      term("Recording", link);
    }
    while (blocks.length > 0 && !(row.index in transcripts)) parseBlock();
    const turns = transcripts[row.index];
    const items = turns ? itemsOf(turns) : [];
    const why = turns === null ? "The transcript cannot be shown, because a field has an unexpected type."
      : hasTranscripts ? "There is no transcript." : "This report has no transcripts.";
    /** @type {HTMLElement} */ (dialog.querySelector(".turns")).replaceChildren(
      ...(items.length > 0 ? items : [create("li", "", why)]));
    const [previous, next] = /** @type {NodeListOf<HTMLButtonElement>} */ (dialog.querySelectorAll("[data-step]"));
    previous.disabled = current <= 0;
    next.disabled = current >= shown.length - 1;
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    title.focus();
  };

  // Events
  /** Whether a click on the dialog itself is on its backdrop and not on its padding. @type {(event: MouseEvent) => boolean} */
  const isOutside = ({ clientX: x, clientY: y }) => {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    return x < left || x > right || y < top || y > bottom;
  };
  /** @type {(event: Event) => HTMLElement | null} */
  const filterOf = (event) => event.target instanceof Element ? event.target.closest("[data-filter]") : null;
  /** @type {(element: HTMLElement) => void} */
  const toggle = ({ dataset: { filter = "", value = "" } }) => set(filter, filters.get(filter) === value ? "" : value);
  document.addEventListener("click", (event) => {
    const element = filterOf(event);
    if (element) toggle(element);
    if (!(event.target instanceof HTMLElement)) return;
    const { step, page: pages, clear, close, sort: key } = event.target.dataset;
    if (step !== undefined) {
      const row = shown[current + Number(step)];
      if (row) show(row);
    }
    if (pages !== undefined) {
      page += Number(pages);
      draw();
      table.scrollIntoView({ block: "start" });
    }
    if (clear !== undefined) {
      filters.clear();
      apply();
    }
    if (close !== undefined || event.target === dialog && isOutside(event)) dialog.close();
    if (key !== undefined) {
      // Numbers are mostly wanted from the greatest, names from the first.
      const numeric = ["started", "duration", "turns", "latency"].includes(key);
      sort = { key, descending: sort.key === key ? !sort.descending : numeric };
      apply();
    }
  });

  // One stop of the tab key for each chart; arrow keys move within it.
  /** @type {(group: Element) => HTMLElement[]} */
  const stops = (group) => [...group.querySelectorAll("[data-filter]")].map((stop) => /** @type {HTMLElement} */ (stop));
  for (const group of document.querySelectorAll("[data-roving]")) {
    const all = stops(group);
    if (all.length > 0) all[0].tabIndex = 0;
  }
  document.addEventListener("keydown", (event) => {
    const element = filterOf(event);
    const group = element?.closest("[data-roving]");
    if (!element || !group) return;
    const all = stops(group);
    const width = group instanceof HTMLTableElement ? 24 : 1;
    const at = all.indexOf(element);
    const moves = /** @type {Record<string, number>} */ ({
      ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - width, ArrowDown: at + width, Home: 0, End: all.length - 1,
    });
    const next = all[moves[event.key] ?? -1];
    if (event.key in moves) {
      event.preventDefault();
      if (!next) return;
      element.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    } else if ((event.key === "Enter" || event.key === " ") && element instanceof SVGElement) {
      event.preventDefault();
      toggle(element);
    }
  });

  let timer = 0;
  form.addEventListener("input", (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    window.clearTimeout(timer);
    // While someone types, every letter would filter again.
    timer = window.setTimeout(() => set(field.name, field.value), field.name === "text" ? 120 : 0);
  });
  form.addEventListener("submit", (event) => event.preventDefault());

  /** Fills a list with the values that occur, the most frequent first. @type {(name: string, value: (row: Row) => string) => void} */
  const options = (name, value) => {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const row of rows) {
      const found = value(row);
      if (found !== "") counts.set(found, (counts.get(found) ?? 0) + 1);
    }
    const sorted = [...counts].sort(([, one], [, other]) => other - one).slice(0, 1000);
    const list = /** @type {HTMLSelectElement} */ (form.elements.namedItem(name));
    list.append(...sorted.map(([found]) => new Option(found, found)));
  };
  options("channel", (row) => row.channel);
  options("variant", (row) => row.variant);
  options("environment", (row) => row.environment);
  options("handoff_reason", (row) => row.reason);
  form.hidden = false;
  table.hidden = false;
  apply();
  later(parseLater);
})();
