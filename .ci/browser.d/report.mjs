// Opens reports in a browser and checks what a reader sees. Arguments: browser, program, work folder, and optionally a
// folder for pictures.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [executablePath, program, work, pictures] = process.argv.slice(2);
const load = createRequire(`${process.env.CI_TOOLS}/browser/`);
const { chromium } = load("playwright-core");
const axe = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");

const run = (...args) => execFileSync(program, args, { maxBuffer: 1e9, cwd: work }).toString();
const report = (name, ...args) => {
  run("report", "--quiet", ...args, "-o", `${work}/${name}.html`);
  return pathToFileURL(`${work}/${name}.html`).href;
};

const browser = await chromium.launch({
  executablePath,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** Opens a page. Everything that it logs, and every request but the one for itself, is an error. */
const open = async (url, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: false, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error}`));
  page.on("dialog", (dialog) => { wrong.push("a dialog opened"); void dialog.dismiss(); });
  page.on("request", (request) => { if (request.url() !== url) wrong.push(`request: ${request.url()}`); });
  const started = performance.now();
  await page.goto(url);
  await page.waitForFunction(() => document.querySelector("#table tbody tr") !== null);
  const opened = performance.now() - started;
  return { page, wrong, opened, close: async () => { assert.deepEqual(wrong, []); await context.close(); } };
};

const accessible = async (page, what) => {
  // Run outside of the page's policy, which forbids scripts that are added to it.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const expression = "axe.run().then((found) => JSON.stringify(found.violations))";
  const { result } = await session.send("Runtime.evaluate", { expression, awaitPromise: true });
  const violations = JSON.parse(result.value);
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(serious.map(({ id, nodes }) => [id, nodes.length, nodes[0].html.slice(0, 200)]), [], what);
  console.log(`axe, ${what}: 0 serious, ${violations.length} others`);
};

const picture = async (page, name, fullPage = true) => {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage });
};

const count = (text) => Number(text.replace(/^.*: ([\d,]+) conversation.*$/, "$1").replaceAll(",", ""));

const demo = async () => {
  // Two weeks: masking transcripts takes milliseconds each in a debug build.
  const options = ["--demo", "--start", "2026-04-01", "--end", "2026-04-15", "--metric", "LANGUAGE"];
  const url = report("demo", ...options);
  const stats = JSON.parse(run("stats", "--quiet", ...options, "--format", "json"));
  assert.deepEqual(JSON.parse(run("report", "--quiet", ...options, "--format", "json")), stats);
  const { page, close, opened } = await open(url);
  const labels = (selector) => page.locator(selector).evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));

  assert.deepEqual((await labels(".bar[data-filter=date]")).map(count), stats.days.map((day) => day.conversations));
  const cells = stats.weekday_hours.flatMap((day) => day.hours);
  assert.deepEqual((await labels(".heat button")).map(count), cells);
  for (const key of ["channel", "variant", "environment", "handoff_reason", "metric_LANGUAGE"]) {
    const rows = page.locator(`.rank[data-filter="${key}"]`);
    const shown = await rows.evaluateAll((all) => all.map((row) => ({
      value: row.dataset.value, count: Number(row.querySelector(".count").textContent.replaceAll(",", "")),
    })));
    assert.deepEqual(shown, stats.counts[key].values.slice(0, shown.length), key);
  }
  const tile = page.locator(".tile", { hasText: "Handed off" });
  const { part, whole, share } = stats.rates.handoff;
  assert.match(await tile.innerText(), new RegExp(`${(share * 100).toFixed(1)}%\\s+${part.toLocaleString("en-US")} of ${whole.toLocaleString("en-US")} `));
  console.log(`charts of ${stats.conversations} conversations have the numbers of stats; opened in ${opened.toFixed(0)} ms`);

  const summary = () => page.locator("#summary").innerText();
  const number = async () => Number((await summary()).split(" ")[0].replaceAll(",", ""));
  const reason = stats.counts.handoff_reason.values[0];
  await page.locator('.rank[data-filter="handoff_reason"]').first().click();
  assert.equal(await number(), reason.count);
  assert.match(await summary(), /100\.0% handed off/);
  await page.locator("#chips button").click();
  await page.locator(".bar[data-filter=date]").nth(3).click();
  assert.equal(await number(), stats.days[3].conversations);
  await picture(page, "filtered", false);
  await page.locator("[data-clear]").click();
  // By keyboard: one stop for the chart, arrows within it.
  await page.locator(".bar[data-filter=date]").first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  assert.equal(await number(), stats.days[1].conversations);
  await page.locator("[data-clear]").click();
  const cell = cells.findIndex((one) => one > 0);
  await page.locator(".heat button").nth(cell).click();
  assert.equal(await number(), cells[cell]);
  await page.locator("[data-clear]").click();
  await page.locator("[name=kind]").selectOption("silence");
  assert.equal(await number(), stats.rates.with_silence.part);
  await page.locator("[data-clear]").click();
  assert.equal(await number(), stats.conversations);
  console.log("a bar, a cell, a row, the keyboard and a field filter the table");

  await page.locator("[data-sort=duration]").click();
  const durations = await page.locator("#table tbody td:nth-child(4)").allInnerTexts();
  const seconds = durations.map((text) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0));
  assert.deepEqual(seconds.slice(0, 50), [...seconds.slice(0, 50)].sort((one, other) => other - one));

  await page.locator(".open").first().click();
  assert.ok(await page.locator("#transcript .turns li").count() > 2);
  assert.match(await page.locator("#transcript .caller .text").first().innerText(), /\*/, "it is masked");
  await accessible(page, "transcript");
  await picture(page, "transcript", false);
  await page.locator("[data-step='1']").click();
  await page.keyboard.press("Escape");
  await accessible(page, "overview and table");
  await picture(page, "desktop");
  const pdf = await page.pdf({ path: pictures && `${pictures}/report.pdf`, format: "A4" });
  assert.ok(pdf.length > 20_000 && pdf.subarray(0, 5).toString() === "%PDF-");
  console.log(`sorts, opens a transcript, prints a PDF of ${(pdf.length / 1000).toFixed(0)} kB`);
  await close();
};

const search = async () => {
  const week = ["--demo", "--start", "2026-04-01", "--end", "2026-04-08"];
  const url = report("full", ...week, "--with-transcripts");
  const { page, close } = await open(url);
  const said = run("export", ...week, "--quiet", "--client-env", "all", "-o", "-").trim().split("\n").map((line) => JSON.parse(line));
  const has = (record) => (record.turns ?? []).some((turn) => ["user_input", "agent_response", "translated_user_input", "english_agent_response"]
    .some((field) => (turn[field] ?? "").toLowerCase().includes("table")));
  const wanted = said.filter(has).length;
  assert.ok(wanted > 0);
  await page.locator("[name=text]").fill("TABLE");
  await page.waitForFunction((wanted) => document.getElementById("summary").textContent.startsWith(`${wanted} of`), wanted);
  await page.locator(".open").first().click();
  assert.equal((await page.locator("mark").first().innerText()).toLowerCase(), "table");
  console.log(`a search finds the ${wanted} conversations that have the word, and marks it`);
  await close();
};

const appearance = async () => {
  const url = report("compared", "--demo", "--start", "2026-04-08", "--end", "2026-04-15", "--compare", "--title", "Bookings");
  for (const [name, options] of [
    ["dark", { colorScheme: "dark" }],
    ["phone", { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true }],
  ]) {
    const { page, close } = await open(url, options);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${name}: ${wide} px too wide`);
    assert.match(await page.locator(".change").first().innerText(), /before/);
    await accessible(page, name);
    await picture(page, name);
    if (name === "dark") assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(17, 21, 28)");
    await page.locator(".open").first().click();
    await picture(page, `${name}-transcript`, false);
    await close();
  }
};

const undecodable = async () => {
  writeFileSync(`${work}/odd.jsonl`, JSON.stringify({ id: "1", state: 5, turns: [{ user_input: "hello" }] }));
  const { page, close } = await open(report("odd", "--from", `${work}/odd.jsonl`));
  await page.locator(".open").first().click();
  const transcript = page.locator("#transcript");
  assert.match(await transcript.locator(".turns").innerText(), /cannot be shown/);
  const { x, y, width, height } = await transcript.boundingBox();
  await page.mouse.click(x + width / 2, y + height - 20);
  assert.ok(await transcript.isVisible());
  await page.mouse.click(x / 2, y + height / 2);
  assert.ok(await transcript.isHidden());
  console.log("a transcript that cannot be shown is not called absent; a click next to the panel closes it, one in it does not");
  await close();
};

const hostile = async () => {
  const attack = `</script><script>alert(1)</script><img src=x onerror=alert(2)><!--"' onclick="alert(3)" {{7*7}} \u202e\u2066\u200f\u0000\u001b[31m\u2028`;
  const long = "x".repeat(10e6);
  const record = (id, text) => ({
    id: id + text, account_id: text, project_id: text, started_at: "2026-04-01T09:00:00Z", environment: text, channel: text,
    variant_id: text, variant_name: text, from_number: text, to_number: text, handoff: true, handoff_reason: text,
    handoff_destination: text, num_turns: 1, total_duration: 3, metrics: { [text]: text, M: [text, "=1+1"] },
    state: { [text]: text }, [`new ${text}`]: text, function_events: { 0: [{ name: text, error: text }], [text]: [{ name: text }] },
    turns: [{ user_input: text, agent_response: text, intents: [text], translated_user_input: text,
      english_agent_response: text, user_input_dtmf: text, entities: [{ [text]: text }], asr_lang_code: text,
      latency: { label: text, perceived_latency: 0.5 }, [text]: text }],
  });
  const records = [record("1", attack), record("2", `javascript:alert(4) ${attack}`)];
  const big = { ...record("3", "big"), channel: long, variant_name: long, handoff_reason: long, turns: [{ user_input: long }], metrics: { M: long } };
  writeFileSync(`${work}/hostile.jsonl`, [...records, big].map((one) => JSON.stringify(one)).join("\n"));
  for (const more of [["--with-transcripts"], [], ["--redact"]]) {
    const url = report("hostile", "--from", `${work}/hostile.jsonl`, "--metric", "M", "--title", attack.replaceAll("\0", ""), ...more);
    const { page, close } = await open(url);
    assert.equal(await page.locator("#table tbody tr").count(), 3);
    for (let at = 0; at < 3; at += 1) {
      await page.locator(".open").nth(at).click();
      await page.locator("[data-close]").click();
    }
    for (const rank of await page.locator(".rank").all()) await rank.click();
    assert.equal(await page.locator("img, iframe, [onclick], [onerror]").count(), 0);
    // The events of what was inserted are before this one.
    await page.evaluate(() => new Promise((done) => { setTimeout(done); }));
    await close();
  }
  const size = statSync(`${work}/hostile.html`).size;
  assert.ok(size < 1e6, `${size} bytes of a record with megabytes in every field`);
  console.log("hostile text in every field only shows");
};

try {
  for (const check of [demo, search, appearance, undecodable, hostile]) await check();
} finally {
  await browser.close();
}
