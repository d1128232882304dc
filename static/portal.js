// Small comforts. Every page works without this file.
(() => {
  "use strict";
  const all = (what, from = document) => [...from.querySelectorAll(what)];
  const boxes = (line) => all("input:not([type=hidden],[type=checkbox]),textarea,select", line);
  const seen = (from) => boxes(from).filter((box) => box.checkVisibility());
  const FIRST_BOX = "input:not([type=hidden]),textarea,select";
  const headers = () => ({"X-CSRFToken": document.querySelector('input[name="csrf_token"]')?.value || ""});
  // The page hears of an answer that was not typed.
  const tell = (box) => ["input", "change"].forEach((kind) => box.dispatchEvent(new Event(kind, {bubbles: true})));

  // An error or a message gets the focus, so that a screen reader starts there.
  document.querySelector(".notice.problem[tabindex]")?.focus();

  // The box of a line takes the answer of the same box in the line above.
  const sameAsAbove = (event) => {
    const row = event.target.closest("[data-rows] > fieldset");
    const above = row?.previousElementSibling;
    if (!above) return;
    const box = boxes(above)[boxes(row).indexOf(event.target)];
    if (!box) return;
    event.preventDefault();
    event.target.value = box.value;
    tell(event.target);
  };

  // On to what comes after a list, or after a section.
  const leave = (box) => {
    const part = box.closest(".full:has(> [data-rows])") || box.closest("section");
    const last = part && fields(part).at(-1);
    if (last) goOn(last);
  };
  // One line more; from an empty one on to what comes after the list.
  const addOrLeave = (box) => {
    const list = box.closest(".full:has(> [data-rows])");
    const line = box.closest(".repeat");
    const isEmpty = line && boxes(line).every((one) => one.type === "radio" ? !one.checked : !one.value);
    if (isEmpty) leave(box); else list?.querySelector('button[name="more"]').click();
  };

  // The keys that Help lists; Escape or a click elsewhere closes a menu.
  document.addEventListener("keydown", (event) => {
    const isTyping = /INPUT|TEXTAREA|SELECT/.test(event.target.tagName);
    const find = document.getElementById("find");
    const menu = document.getElementById("show-menu");
    if (event.key === "/" && !isTyping && find) {
      event.preventDefault();
      if (menu) menu.checked = true;  // which hides the box in a narrow window
      find.focus();
    }
    if (event.key === "?" && !isTyping && document.querySelector(".me")) location.assign("/help/#keys");
    if (event.ctrlKey && event.key === "'") sameAsAbove(event);
    if (event.ctrlKey && event.key === "Enter") (event.shiftKey ? leave : addOrLeave)(event.target);
    if (event.key === "Escape") {
      all("details.menu[open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
    }
    if (event.altKey && event.key.toLowerCase() === "s") {
      const save = document.querySelector('button[name="do"][value="save"]:not(.vh)');
      if (save) { event.preventDefault(); save.click(); }
    }
  });
  document.addEventListener("click", (event) => {
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });

  // One press is enough: a second click within two seconds does nothing. The server makes sure as well.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    event.target.dataset.sent = "1";
    setTimeout(() => { delete event.target.dataset.sent; }, 2000);
  });

  // Who has signed in again, in another tab, goes on in this one; nobody else does.
  const renew = async () => {
    const answer = await fetch("/account/stay", {redirect: "manual"});
    if (!answer.ok) return false;
    const said = await answer.json();
    if (said.person !== document.querySelector(".me").dataset.person) return false;
    all('input[name="csrf_token"]').forEach((box) => { box.value = said.token; });
    return true;
  };
  const OUT = "You are signed out. Your words wait in this page: sign in in another tab, then come back and save";

  // What is typed is kept on the server two seconds after the last key, every ten seconds at the latest, and when the page is left.
  const keepers = [];
  all("form[data-draft]").forEach((form) => {
    let timer, since = 0, dirty = false, sent = false, isOut = false;
    const line = form.querySelector("[data-draft-said]");
    const typed = () => {
      const said = new URLSearchParams();
      for (const [name, value] of new FormData(form)) {
        const box = form.elements.namedItem(name);
        if (typeof value === "string" && name !== "csrf_token" && box?.type !== "password") said.append(name, value);
      }
      const here = new URL(form.action);
      said.append("draft_of", here.pathname + here.search);
      return said;
    };
    const send = async (leaving) => {
      const body = typed();
      const keepalive = leaving && body.toString().length < 60000;
      const answer = await fetch("/draft/", {method: "POST", headers: headers(), body, keepalive, redirect: "manual"});
      isOut = answer.type === "opaqueredirect" || answer.status === 400;
      return answer.ok ? answer.json() : null;
    };
    const keep = async (leaving) => {
      clearTimeout(timer);
      if (!dirty || sent) return;
      dirty = false;
      since = 0;
      try {
        let said = await send(leaving);
        if (isOut && await renew()) said = await send(leaving);
        if (line) line.textContent = said?.words || (isOut ? OUT : "What you typed is not kept yet; save it soon");
        if (!said) dirty = true;
      } catch { dirty = true; }
    };
    keepers.push(keep);
    const later = () => {
      dirty = true;
      sent = false;
      since ||= Date.now();
      clearTimeout(timer);
      timer = setTimeout(keep, Math.min(2000, Math.max(0, since + 10000 - Date.now())), false);
    };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
    form.addEventListener("submit", async (event) => {
      sent = !isOut;
      clearTimeout(timer);
      if (!isOut) return;
      event.preventDefault();
      await keep(false);
      if (isOut) return;
      delete form.dataset.sent;
      form.requestSubmit(event.submitter);
    });
    addEventListener("pagehide", () => keep(true));
    document.addEventListener("visibilitychange", () => { if (document.hidden || isOut) keep(document.hidden); });
  });

  // Before somebody signs out, every window sends what is typed there.
  const windows = new BroadcastChannel("sign out");
  const keepAll = () => keepers.forEach((keep) => keep(true));
  windows.addEventListener("message", keepAll);
  const signOut = document.querySelector('form[action="/sign-out"]');
  signOut?.addEventListener("submit", (event) => {
    event.preventDefault();
    windows.postMessage("");
    keepAll();
    setTimeout(() => signOut.submit(), 500);
  });

  // A question that depends on another answer is there when it applies, or has an answer in words.
  const whens = all("[data-when]");
  const fold = () => {
    whens.forEach((part) => { part.hidden = false; });
    whens.forEach((part) => {
      const form = part.closest("form");
      const answer = (name) => {
        const box = form.elements.namedItem(name);
        const folded = box?.closest?.("[data-when]") || box?.[0]?.closest("[data-when]");
        return folded?.hidden ? "" : box?.value || "";
      };
      const words = all("textarea,select,input:not([type=radio],[type=checkbox])", part).some((box) => box.value.trim());
      const fits = JSON.parse(part.dataset.when).some((one) => Object.entries(one).every(([name, said]) => answer(name) === said));
      part.hidden = !fits && !words && !part.querySelector(".error");
    });
  };
  whens.forEach((part) => { part.open = true; part.dataset.live = "1"; });
  if (whens.length) { fold(); document.addEventListener("change", fold); }

  // Keys 1, 2, 3 ... choose among few answers and go on to the next box; what is achieved need not be kept.
  const FEW = 9;
  const fields = (part) => all(".field :is(input:not([type=hidden]),select,textarea)", part).filter((box) => box.checkVisibility());
  const goOn = (from) => {
    const after = fields(from.form);
    after.slice(after.indexOf(from) + 1).find((box) => box.name !== from.name)?.focus();
  };
  document.addEventListener("keydown", (event) => {
    const box = event.target;
    if (!/^[1-9]$/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey || !box.closest("form[data-draft]")) return;
    const list = box.tagName === "SELECT" ? box : box.closest(".choices");
    if (!list) return;
    const answers = all("option,input", list).filter((one) => one.value);
    const chosen = answers[event.key - 1];
    if (!chosen || answers.length > FEW) return;
    event.preventDefault();
    if (list === box) {
      box.value = chosen.value;
      tell(box);
    } else chosen.click();
    // Of several answers the last has the focus then: another digit ticks one more, Tab goes on.
    if (box.type === "checkbox") answers.at(-1).focus(); else goOn(list === box ? box : chosen);
  });
  document.addEventListener("change", (event) => {
    const then = event.target.value === "Achieved" && event.target.closest(".repeat")?.querySelector('select[name$="-then"]');
    if (then?.value === "Keep") then.value = "Close";
  });

  // Vague words are pointed out while they are typed, as the server does when the form is saved.
  document.addEventListener("input", (event) => {
    const box = event.target;
    if (!box.dataset.exact) return;
    const words = box.value.toLowerCase().match(/[\p{L}\p{N}_]+/gu) || [];
    const line = ` ${words.join(" ")} `;
    const vague = Object.entries(JSON.parse(box.form.dataset.vague)).filter(([word]) => line.includes(` ${word} `));
    let said = box.parentElement.querySelector("[data-vague-said]");
    if (!said) {
      said = document.createElement("p");
      said.className = "hint";
      said.dataset.vagueSaid = "1";
      said.setAttribute("role", "status");
      box.after(said);
    }
    said.textContent = vague.map(([word, cure]) => `“${word}” can mean much or little. Say ${cure}.`).join(" ");
  });

  // Add a line without leaving the page: the last line is copied, emptied and numbered on.
  const renumber = (row, group, from, to) => {
    all("[id],[name],[for],[aria-describedby]", row).forEach((part) => {
      ["id", "name", "for", "aria-describedby"].forEach((key) => {
        if (part.hasAttribute(key)) part.setAttribute(key, part.getAttribute(key).replaceAll(`${group}-${from}-`, `${group}-${to}-`));
      });
    });
  };
  const empty = (row) => all("input,textarea,select", row).forEach((box) => {
    if (/radio|checkbox/.test(box.type)) box.checked = false; else box.value = "";
    box.removeAttribute("aria-invalid");
  });
  const clearMarks = (row) => {
    all(".error", row).forEach((part) => part.remove());
    all(".echo", row).forEach((part) => { part.textContent = ""; });
    all(".wrong", row).forEach((part) => part.classList.remove("wrong"));
    all(":scope > .hint", row).forEach((part) => part.remove());
  };
  const offer = (group, number, words) => all(`select[data-group="${group}"]`).forEach((list) => {
    const known = list.querySelector(`option[value="${number}"]`);
    if (known) known.textContent = `${number + 1}: ${words}`; else list.add(new Option(`${number + 1}: ${words}`, String(number)));
  });
  // What is typed in a line is at once its name in the lists that point to it.
  document.addEventListener("input", (event) => {
    const row = event.target.closest("[data-rows] > fieldset");
    if (!row || event.target !== row.querySelector(FIRST_BOX)) return;
    const words = event.target.value.trim();
    const short = words.length > 60 ? `${words.slice(0, 57)}...` : words || "(not written yet)";
    offer(row.parentElement.dataset.rows, all(":scope > fieldset", row.parentElement).indexOf(row), short);
  });
  all('button[name="more"]').forEach((button) => button.addEventListener("click", (event) => {
    const group = button.value;
    const list = document.querySelector(`[data-rows="${group}"]`);
    const rows = all(":scope > fieldset", list);
    if (!rows.length) return;
    event.preventDefault();
    const last = rows[rows.length - 1];
    const row = last.cloneNode(true);
    renumber(row, group, rows.length - 1, rows.length);
    empty(row);
    clearMarks(row);
    const legend = row.querySelector("legend");
    [legend, ...all(".choice .vh", row)].forEach((part) => {
      part.textContent = part.textContent.replace(/\d+$/, String(rows.length + 1));
    });
    list.append(row);
    offer(group, rows.length, "(new line)");
    row.querySelector(FIRST_BOX)?.focus();
  }));

  // A programme fills the empty boxes of its line, as the server does too, and those that the one chosen before has filled.
  document.addEventListener("change", (event) => {
    const list = event.target.list;
    const row = event.target.closest("[data-rows] > fieldset");
    if (!row || !list) return;
    const fills = (words) => JSON.parse([...list.options].find((one) => one.value === words)?.dataset.fills || "{}");
    const before = fills(event.target.dataset.before || event.target.defaultValue);
    event.target.dataset.before = event.target.value;
    for (const [name, value] of Object.entries(fills(event.target.value))) {
      const box = row.querySelector(`[name$="-${name}"]`);
      if (box && (!box.value || box.value === before[name])) box.value = value;
    }
  });

  // A block copied from a spreadsheet fills the lines from the box on, as many as it has.
  document.addEventListener("paste", (event) => {
    const list = event.target.closest("[data-rows]");
    const text = event.clipboardData?.getData("text/plain") || "";
    if (!list || !text.includes("\t")) return;
    event.preventDefault();
    const rows = () => all(":scope > fieldset", list);
    const at = rows().indexOf(event.target.closest("fieldset.repeat"));
    const from = seen(rows()[at]).indexOf(event.target);
    text.replace(/\r?\n$/, "").split(/\r?\n/).forEach((line, down) => {
      if (!rows()[at + down]) document.querySelector(`button[name="more"][value="${list.dataset.rows}"]`).click();
      const filled = seen(rows()[at + down]);
      line.split("\t").forEach((words, right) => {
        const box = filled[from + right];
        if (!box) return;
        const option = all("option", box).find((one) => one.text.toLowerCase() === words.trim().toLowerCase());
        if (option || !box.options) box.value = option ? option.value : words;   // a list stays open for what is none of its answers
        tell(box);
      });
    });
  });

  // Two minutes before the server signs somebody out, the page says so. Who is typing is here; other tabs count as well.
  const ends = document.getElementById("ends");
  if (ends) {
    let end = Date.now() + 1000 * ends.dataset.left, asked = 0, typed = 0;
    const form = document.querySelector("form[data-draft]");
    const left = () => (end - Date.now()) / 1000;
    const leave = () => {           // the server keeps what is sent too late, and asks for the password
      if (typed && form) form.submit(); else location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
    };
    const ask = async (method) => {
      const answer = await fetch("/account/stay", {method, headers: headers(), redirect: "manual"});
      if (answer.type === "opaqueredirect") { leave(); return; }
      if (!answer.ok) return;
      const said = await answer.json();
      end = Date.now() + 1000 * said.left;
      ends.toggleAttribute("data-day", said.day);
    };
    const warn = () => {
      ends.querySelector("strong").textContent = new Date(end).toLocaleTimeString("en-GB", {hour: "2-digit", minute: "2-digit"});
      ends.showModal();
    };
    const watch = async () => {
      if (left() > 120) { if (ends.open) ends.close(); return; }
      if (left() > 0 && Date.now() < asked) return;
      asked = Date.now() + 20000;
      await ask(!ends.open && Date.now() - typed < 60000 ? "POST" : "GET");
      if (left() <= 120 && !ends.open && !("told" in ends.dataset)) warn();
    };
    form?.addEventListener("input", () => { typed = Date.now(); });
    const stay = () => { ends.toggleAttribute("data-told", "day" in ends.dataset); ends.close(); ask("POST").catch(() => {}); };
    ends.querySelector("button").addEventListener("click", stay);
    ends.addEventListener("cancel", (event) => { event.preventDefault(); stay(); });
    setInterval(() => watch().catch(() => {}), 1000);
  }

  // What the server says of typed words, or null; names never stand in an address.
  const post = async (path, words) => {
    const body = new URLSearchParams({words});
    const answer = await fetch(path, {method: "POST", headers: headers(), body, redirect: "manual"}).catch(() => null);
    return answer?.ok ? answer.json() : null;
  };

  // A typed date is said in full.
  document.addEventListener("change", async (event) => {
    if (!event.target.matches("[data-day]")) return;
    const echo = event.target.parentElement.querySelector(".echo");
    const said = await post("/help/day/", event.target.value);
    if (echo && said) echo.textContent = said.words;
  });

  // How far long work is; when it has begun or ended the page is loaded again.
  all("[data-progress]").forEach((place) => {
    const look = async () => {
      const answer = await fetch(place.dataset.progress);
      if (!answer.ok) return;
      const said = await answer.json();
      if (said.state !== place.dataset.state) { location.reload(); return; }
      place.querySelector("progress").max = said.total || 1;
      place.querySelector("progress").value = said.done;
      const [done, total] = all("b", place);
      if (done.textContent !== String(said.done)) done.textContent = said.done;
      if (total.textContent !== String(said.total)) total.textContent = said.total;
    };
    setInterval(() => look().catch(() => {}), 2000);
  });

  // A box that looks for a pupil offers whom a search would find: the combobox of WAI-ARIA.
  const mark = (part, marks) => {
    Object.entries(marks).forEach(([name, value]) => part.setAttribute(name, value));
    return part;
  };
  const make = (tag, marks) => mark(document.createElement(tag), marks);
  const optionOf = (pupil, id) => {
    const option = make("li", {id, role: "option", "aria-selected": false, "data-name": pupil.name, "data-address": pupil.address});
    const [name, more] = [document.createElement("b"), document.createElement("span")];
    name.textContent = pupil.name;
    more.textContent = pupil.more;
    option.append(name, " ", more);
    return option;
  };
  const offerPupils = (box) => {
    const offers = make("div", {class: "offers"});
    const list = make("ul", {id: `${box.id}-offers`, role: "listbox", "aria-label": "Pupils"});
    const status = make("p", {role: "status"});
    let wait, turn = 0;
    const selected = () => list.querySelector("[aria-selected=true]");
    const select = (option) => {
      selected()?.setAttribute("aria-selected", false);
      option?.setAttribute("aria-selected", true);
      option?.scrollIntoView({block: "nearest"});
      box.setAttribute("aria-activedescendant", option?.id || "");
    };
    const open = (isOpen) => {
      list.hidden = !isOpen;
      box.setAttribute("aria-expanded", isOpen);
      select(null);
    };
    const close = () => {
      clearTimeout(wait);
      turn += 1;
      status.textContent = "";
      open(false);
    };
    const show = ({pupils, more}) => {
      list.replaceChildren(...pupils.map((pupil, at) => optionOf(pupil, `${list.id}-${at}`)));
      open(pupils.length > 0);
      const fits = pupils.length === 1 ? "1 pupil fits" : `${pupils.length || "No"} pupils fit`;
      status.textContent = more ? `More than ${fits}` : fits;
      offers.scrollIntoView({block: "nearest"});
    };
    const ask = async () => {
      const mine = turn += 1;
      const said = await post("/pupil/look-up/", box.value);
      if (said && mine === turn && document.activeElement === box) show(said);  // no old answer
    };
    const choose = (option) => {
      close();
      if (box.dataset.lookup === "open") { location.assign(option.dataset.address); return; }
      box.value = option.dataset.name;
      box.dispatchEvent(new Event("change", {bubbles: true}));
    };
    const keys = {
      ArrowDown: () => select(selected() ? selected().nextElementSibling : list.firstElementChild),
      ArrowUp: () => select(selected() ? selected().previousElementSibling : list.lastElementChild),
      Enter: () => choose(selected()),
      Escape: close,
    };
    mark(box, {role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id});
    offers.append(list, status);
    box.after(offers);
    close();
    box.addEventListener("input", () => {
      clearTimeout(wait);
      turn += 1;
      if (box.value.trim().length < 2) close(); else wait = setTimeout(ask, 200);
    });
    box.addEventListener("keydown", (event) => {
      if (!status.textContent || event.isComposing || !keys[event.key] || (event.key === "Enter" && !selected())) return;
      event.preventDefault();
      event.stopPropagation();
      keys[event.key]();
    });
    box.addEventListener("blur", close);
    offers.addEventListener("pointerdown", (event) => event.preventDefault());  // the box keeps the focus
    list.addEventListener("click", (event) => { if (event.target !== list) choose(event.target.closest("li")); });
  };
  all("[data-lookup]").forEach(offerPupils);
})();
