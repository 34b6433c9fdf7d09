"use strict";
// The page is complete without this. It adds a filter, copy buttons, and opens folded cards where needed.
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const make = (name, attributes, text) => {
    const node = Object.assign(document.createElement(name), attributes);
    if (text) node.textContent = text;
    return node;
  };

  const copy = async (text, button) => {
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      // Pages opened from a file may have no clipboard: select the text, so that one key copies it.
      const area = make("textarea", { value: text, className: "clip", readOnly: true });
      button.after(area);
      area.select();
      button.textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
      if (button.textContent === "Copied") area.remove();
      else area.addEventListener("blur", () => area.remove());
    }
    setTimeout(() => { button.textContent = label; }, 1600);
  };

  for (const box of all(".command")) {
    const button = make("button", { type: "button", className: "copy" }, "Copy");
    button.setAttribute("aria-label", "Copy the command");
    button.addEventListener("click", () => copy(box.querySelector("code").textContent, button));
    box.append(button);
  }

  // Text of the bundle in a ticket: no markup, and no word that pings somebody or becomes a link.
  const code = (text) => "`" + text.trim().replace(/\s+/g, " ").replaceAll("`", "'") + "`";
  const quiet = (text) => text.trim().split(/\s+/).map((word) =>
    /@|[#!]\d|:\/\/|www\./i.test(word) ? code(word) : word.replace(/[\\`*[\]<>|~#$&]/g, "\\$&")).join(" ");

  // A finding as Markdown for a ticket; a fence is longer than any run of backticks within it.
  const ticket = (card) => {
    const title = card.querySelector("h3, summary .title").textContent;
    const lines = [`**${card.dataset.severity}: ${quiet(title)}** (${code(card.querySelector(".self").textContent)})`, ""];
    const summary = card.querySelector(".summary");
    if (summary) lines.push(quiet(summary.textContent), "");
    for (const proof of all(".proof", card.querySelector(".proofs")).slice(0, 3)) {
      const text = all(".line", proof).map((line) => line.querySelector("code").textContent).join("\n");
      const longest = (text.match(/`+/g) || []).reduce((most, run) => Math.max(most, run.length), 2);
      const fence = "`".repeat(longest + 1);
      lines.push(code(proof.querySelector(".place").textContent), "", fence + "text", text, fence, "");
    }
    for (const step of all(".remedy > li > p", card.querySelector(".reading"))) lines.push(`- ${quiet(step.textContent)}`);
    return lines.join("\n") + "\n";
  };

  const cards = all(".card");
  for (const card of cards) {
    const button = make("button", { type: "button", className: "copy ticket" }, "Copy for a ticket");
    button.addEventListener("click", () => copy(ticket(card), button));
    card.querySelector(".kicker").append(button);
  }

  const reveal = (node) => {
    for (let at = node; at; at = at.parentElement) if (at.localName === "details") at.open = true;
  };
  const arrive = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target) { reveal(target); target.scrollIntoView(); }
  };
  addEventListener("hashchange", arrive);
  if (location.hash) arrive();

  if (cards.length) {
    const tools = document.getElementById("tools");
    const search = make("input", { type: "search", placeholder: "Search findings  /" });
    search.setAttribute("aria-label", "Search findings");
    const shown = make("p", { className: "aside" });
    shown.setAttribute("aria-live", "polite");
    const unfold = make("button", { type: "button" }, "Open all");
    tools.append(search, unfold, shown);
    tools.hidden = false;

    const texts = new Map();
    const filter = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let matches = 0;
      for (const card of cards) {
        if (!texts.has(card)) texts.set(card, card.textContent.toLowerCase());
        const match = words.every((word) => texts.get(card).includes(word));
        card.hidden = !match;
        if (match) matches += 1;
        if (match && words.length && card.localName === "details") card.open = true;
      }
      shown.textContent = words.length ? (matches ? `${matches} of ${cards.length} shown` : "Nothing matches") : "";
    };
    search.addEventListener("input", filter);
    unfold.addEventListener("click", () => {
      const open = unfold.textContent === "Open all";
      for (const fold of all("main details")) fold.open = open;
      unfold.textContent = open ? "Close all" : "Open all";
    });
    addEventListener("keydown", (event) => {
      const typing = /^(input|textarea|select)$/.test(event.target.localName);
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); search.focus(); }
      if (event.key === "Escape" && event.target === search) { search.value = ""; filter(); search.blur(); }
    });
  }

  // Paper cannot be unfolded.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const fold of closed) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of closed) fold.open = false; });
})();
