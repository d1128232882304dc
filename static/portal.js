// Small comforts. Every page works without this file.
(() => {
  "use strict";
  const all = (what, from = document) => [...from.querySelectorAll(what)];

  // An error or a message gets the focus, so that a screen reader starts there.
  document.querySelector(".notice.problem[tabindex]")?.focus();

  const boxes = (line) => all("input:not([type=hidden],[type=checkbox]),textarea,select", line);
  const seen = (from) => boxes(from).filter((box) => box.checkVisibility());

  // The box of a line takes the answer of the same box in the line above.
  const sameAsAbove = (event) => {
    const row = event.target.closest("[data-rows] > fieldset");
    const above = row?.previousElementSibling;
    if (!above) return;
    const box = boxes(above)[boxes(row).indexOf(event.target)];
    if (!box) return;
    event.preventDefault();
    event.target.value = box.value;
    ["input", "change"].forEach((kind) => event.target.dispatchEvent(new Event(kind, {bubbles: true})));
  };

  // One line more; from an empty one on to what comes after the list.
  const addOrLeave = (box) => {
    const list = box.closest(".full:has(> [data-rows])");
    const line = box.closest(".repeat");
    const isEmpty = line && boxes(line).every((one) => one.type === "radio" ? !one.checked : !one.value);
    if (isEmpty) goOn(seen(list).at(-1)); else list?.querySelector('button[name="more"]').click();
  };

  // The keys that Help lists; Escape or a click elsewhere closes a menu.
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) {
      const find = document.getElementById("find");
      if (find) { event.preventDefault(); find.focus(); }
    }
    if (event.key === "?" && !/INPUT|TEXTAREA|SELECT/.test(event.target.tagName) && document.querySelector(".me")) {
      location.assign("/help/#keys");
    }
    if (event.ctrlKey && event.key === "'") sameAsAbove(event);
    if (event.ctrlKey && event.key === "Enter") addOrLeave(event.target);
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

  // What is typed is kept on the server two seconds after the last key, every ten seconds at the latest, and when the page is left.
  all("form[data-draft]").forEach((form) => {
    let timer, since = 0, dirty = false, sent = false;
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
    const keep = async (leaving) => {
      clearTimeout(timer);
      if (!dirty || sent) return;
      dirty = false;
      since = 0;
      const body = typed();
      const headers = {"X-CSRFToken": form.querySelector('input[name="csrf_token"]').value};
      try {
        const answer = await fetch("/draft/", {method: "POST", headers, body, keepalive: leaving && body.toString().length < 60000});
        const said = answer.ok ? await answer.json() : null;
        if (line) line.textContent = said ? said.words : "What you typed is not kept yet; save it soon";
        if (!said) dirty = true;
      } catch { dirty = true; }
    };
    const later = () => {
      dirty = true;
      sent = false;
      since ||= Date.now();
      clearTimeout(timer);
      timer = setTimeout(keep, Math.min(2000, Math.max(0, since + 10000 - Date.now())), false);
    };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
    form.addEventListener("submit", () => { sent = true; clearTimeout(timer); });
    addEventListener("pagehide", () => keep(true));
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") keep(true); });
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
  const goOn = (from) => {
    const after = all(".field :is(input:not([type=hidden]),select,textarea)", from.form).filter((box) => box.checkVisibility());
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
      ["input", "change"].forEach((kind) => box.dispatchEvent(new Event(kind, {bubbles: true})));
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
    if (!row || event.target !== row.querySelector("input:not([type=hidden]),textarea,select")) return;
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
    row.querySelector("input:not([type=hidden]),textarea,select")?.focus();
  }));

  // A programme fills the empty boxes of its line; the server does so too.
  document.addEventListener("change", (event) => {
    const list = event.target.list;
    const row = event.target.closest("[data-rows] > fieldset");
    const chosen = row && list && [...list.options].find((one) => one.value === event.target.value);
    if (!chosen?.dataset.fills) return;
    for (const [name, value] of Object.entries(JSON.parse(chosen.dataset.fills))) {
      const box = row.querySelector(`[name$="-${name}"]`);
      if (box && !box.value) box.value = value;
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
        box.value = option ? option.value : words;
        box.dispatchEvent(new Event("input", {bubbles: true}));
        box.dispatchEvent(new Event("change", {bubbles: true}));
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
      const token = document.querySelector('input[name="csrf_token"]').value;
      const answer = await fetch("/account/stay", {method, headers: {"X-CSRFToken": token}, redirect: "manual"});
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

  // Say a typed date in full, and offer pupils while a name is typed. The server reads both; names never stand in an address.
  const post = async (path, words) => {
    const token = document.querySelector('input[name="csrf_token"]')?.value || "";
    const answer = await fetch(path, {method: "POST", headers: {"X-CSRFToken": token}, body: new URLSearchParams({words})});
    return answer.ok ? answer.json() : null;
  };
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
  let wait;
  document.addEventListener("input", (event) => {
    const box = event.target;
    if (!box.matches("[data-lookup]") || box.value.length < 2) return;
    clearTimeout(wait);
    wait = setTimeout(async () => {
      const said = await post("/pupil/look-up/", box.value);
      if (!said) return;
      let list = document.getElementById(`${box.id}-offers`);
      if (!list) {
        list = document.createElement("datalist");
        list.id = `${box.id}-offers`;
        box.after(list);
        box.setAttribute("list", list.id);
      }
      list.replaceChildren(...said.names.map((name) => new Option(name, name)));
    }, 250);
  });
})();
