// What only a real browser can show: keyboard, focus, reload, offline, pop-ups, storage, policy.
// The pages are served under a strict Content-Security-Policy with trusted types required.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { startGateway } from "./fake-gateway.mjs";

const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking"],
});
let failed = 0;

async function scene(name, play, { path = "/", before, ...settings } = {}) {
  const gateway = await startGateway();
  const context = await browser.newContext({ viewport: { width: 1000, height: 760 }, ...settings });
  context.setDefaultTimeout(8_000);
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => /Content Security|Trusted/i.test(message.text()) && errors.push(message.text()));
  try {
    await before?.(gateway, page, context);
    await page.goto(gateway.origin + path);
    await play({
      gateway,
      page,
      context,
      launcher: page.getByRole("button", { name: /Change or cancel/ }),
      box: page.getByLabel("Your message"),
      log: page.getByRole("log"),
      open: () => page.getByRole("button", { name: /Change or cancel/ }).click(),
      focused: () =>
        page.evaluate(() => {
          const inner = document.querySelector("offboard-assistant").shadowRoot.activeElement;
          return (inner ?? document.activeElement).textContent || inner?.ariaLabel || document.activeElement.tagName;
        }),
    });
    assert.deepEqual(errors, []);
    console.log(`ok   ${name}`);
  } catch (error) {
    failed++;
    console.error(`FAIL ${name}\n${error.stack}`);
  }
  await context.close();
  await gateway.stop();
}

await scene("opening puts focus in the text box, Esc gives it back to the launcher", async ({ page, open, focused, box, launcher }) => {
  await open();
  await box.waitFor();
  assert.equal(await focused(), "Your message");
  await page.keyboard.press("Escape");
  await launcher.waitFor();
  assert.equal(await focused(), "Change or cancel");
});

await scene("opened from the site's own button, focus goes back there", async ({ page, box, focused }) => {
  await page.evaluate(() => document.querySelector("#site-button").addEventListener("click", () => window.Offboard.open()));
  await page.locator("#site-button").click();
  await box.waitFor();
  assert.equal(await focused(), "Your message");
  await page.keyboard.press("Escape");
  await box.waitFor({ state: "detached" });
  assert.equal(await focused(), "Site button");
});

await scene("Tab goes through the panel in reading order", async ({ page, open, box, log, focused }) => {
  await open();
  await log.getByText("What do you need").waitFor();
  await page.getByRole("button", { name: "Close" }).focus();
  const order = [];
  for (let step = 0; step < 8; step++) {
    order.push((await focused()).slice(0, 16));
    await page.keyboard.press("Tab");
  }
  assert.deepEqual(order, [
    "Close", "Cancel now, open", "Talk to a person", "Assistant said: ", "Cancel my plan", "Pause it", "Get my data", "Your message",
  ]);
  assert.equal(await log.getAttribute("aria-live"), "polite");
  assert.equal(await log.getByRole("listitem").count(), 4);
  assert.equal(await box.count(), 1);
});

await scene("Enter sends, Shift+Enter makes a line", async ({ page, open, box, log }) => {
  await open();
  await box.pressSequentially("one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two");
  await page.keyboard.press("Enter");
  await log.getByText("Understood.").waitFor();
  assert.equal(await log.locator(".customer p").innerText(), "one\ntwo");
  assert.equal(await box.inputValue(), "");
});

await scene("choices wait while one is on its way, and focus moves on when they vanish", async ({ gateway, page, open, log, focused }) => {
  await open();
  const choice = log.getByRole("button", { name: "Get my data" });
  await choice.focus();
  gateway.fail(/messages/, 503, 1);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  assert.equal(await choice.getAttribute("aria-disabled"), "true");
  await log.getByText("Understood.").waitFor();
  await choice.waitFor({ state: "detached" });
  assert.equal(await focused(), "Your message");
  assert.deepEqual(gateway.talk.posted, [{ quick_reply: "q-data" }]);
});

await scene("a reload keeps the talk, the open panel and the draft, and leaves focus alone", async ({ page, open, box, log, focused }) => {
  await open();
  await box.fill("hello");
  await page.keyboard.press("Enter");
  await log.getByText("Understood.").waitFor();
  await box.fill("half a sen");
  await page.reload();
  await log.getByText("Understood.").waitFor();
  assert.equal(await box.inputValue(), "half a sen");
  assert.equal(await focused().catch(() => "BODY"), await page.evaluate(() => document.body.textContent));
  await page.getByRole("button", { name: "Close" }).click();
  await page.reload();
  await page.getByRole("button", { name: "Change or cancel" }).waitFor();
  assert.equal(await box.count(), 0);
});

await scene("what is typed offline is marked, outlives a reload, and arrives once", async ({ gateway, page, context, open, box, log }) => {
  await open();
  await log.getByText("What do you need").waitFor();
  await context.setOffline(true);
  await page.getByRole("status").getByText("Connection lost, trying again").waitFor();
  await box.fill("from a tunnel");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Talk to a person" }).click();
  assert.equal(await log.getByText("Will be sent when the connection is back").count(), 2);
  await context.setOffline(false);
  await page.getByText("Back again").waitFor();
  await log.getByText("We are getting a person").waitFor();
  assert.deepEqual(gateway.talk.posted, [{ text: "from a tunnel" }, { command: "talk_to_person" }]);
});

await scene("Cancel now opens the page the server names", async ({ page, context, open, log }) => {
  await open();
  await log.getByText("What do you need").waitFor();
  const [tab] = await Promise.all([context.waitForEvent("page"), page.getByRole("link", { name: "Cancel now" }).click()]);
  await tab.waitForURL(/\/cancel\?once=/);
  assert.equal(await tab.evaluate(() => window.opener), null);
});

await scene(
  "Cancel now works when every call fails, and before there is a conversation",
  async ({ gateway, page, context, open }) => {
    await open();
    const [tab] = await Promise.all([context.waitForEvent("page"), page.getByRole("link", { name: "Cancel now" }).click()]);
    await tab.waitForURL(`${gateway.origin}/cancel`);
  },
  { before: (gateway) => gateway.fail(/api/, 0, 1000) },
);

await scene("text of a customer is only ever text", async ({ page, open, box, log }) => {
  await open();
  await box.fill('<img src=x onerror="alert(1)"> https://a.example');
  await page.keyboard.press("Enter");
  await log.getByText("Understood.").waitFor();
  assert.equal(await log.locator(".customer p > *").count(), 0);
  assert.match(await log.locator(".customer p").innerText(), /<img src=x/);
});

await scene("a long text counts down, is refused beside the box, and is kept", async ({ page, open, box }) => {
  await open();
  await box.fill("x".repeat(4_600));
  await page.getByText("400 characters left").waitFor();
  await box.fill("x".repeat(5_003));
  await page.getByText("3 characters too many").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("longer than 5,000").waitFor();
  assert.equal((await box.inputValue()).length, 5_003);
});

await scene(
  "it works where storage is forbidden",
  async ({ open, box, log, page }) => {
    await open();
    await box.fill("hello");
    await page.keyboard.press("Enter");
    await log.getByText("Understood.").waitFor();
  },
  {
    before: (_, page) =>
      page.addInitScript(() => {
        for (const name of ["localStorage", "sessionStorage"]) {
          Object.defineProperty(window, name, { get: () => { throw new DOMException("no", "SecurityError"); } });
        }
      }),
  },
);

await scene(
  "words can be replaced by the site",
  async ({ page }) => {
    await page.getByRole("button", { name: "Hilfe" }).click();
    await page.getByRole("link", { name: /^Jetzt kündigen/ }).waitFor();
  },
  { before: (_, page) => page.addInitScript(() => { window.OffboardStrings = { launcher: "Hilfe", cancelNow: "Jetzt kündigen" }; }) },
);

await scene("another site can carry it, from another origin", async ({ gateway, page }) => {
  const site = await startGateway({ greet: false });
  site.pages["/"] = () =>
    `<!doctype html><title>Shop</title><main><h1>Shop</h1></main><script src="${gateway.origin}/widget.js" data-identity-token="good" defer></script>`;
  site.policy = "";
  await page.goto(site.origin);
  await page.getByRole("button", { name: "Change or cancel" }).click();
  await page.getByRole("log").getByText("What do you need").waitFor();
  assert.equal(gateway.talk.identified, true);
  await site.stop();
});

await scene("who reads back is not pulled down by a new line", async ({ gateway, page, open, log }) => {
  await open();
  await log.getByText("What do you need").waitFor();
  for (let line = 0; line < 30; line++) gateway.add(gateway.talk, { text: `Line ${line}` });
  await log.getByText("Line 29").waitFor();
  assert.ok(await log.evaluate((one) => one.scrollHeight - one.clientHeight - one.scrollTop < 5));
  await log.evaluate((one) => one.scrollTo(0, 0));
  await page.waitForFunction(() => document.querySelector("offboard-assistant").shadowRoot.querySelector(".log").scrollTop === 0);
  await page.evaluate(() => new Promise(requestAnimationFrame));
  gateway.add(gateway.talk, { text: "Newest" });
  await page.getByRole("button", { name: "Newer messages" }).click();
  assert.ok(await log.evaluate((one) => one.scrollHeight - one.clientHeight - one.scrollTop < 5));
});

await scene(
  "on a phone the head of a long card and its choices are in view together",
  async ({ page, gateway, open, log }) => {
    await open();
    await log.getByText("What do you need").waitFor();
    gateway.add(gateway.talk, { author: "customer", text: "Please cancel it, it costs too much for two notes a week." });
    const rows = ["Access", "Money", "Your content", "Invoices", "Undo"].map((label) => ({ label, value: `${label} `.repeat(25) }));
    gateway.add(gateway.talk, {
      text: "This is what happens. Shall I cancel it?",
      card: { kind: "terms", title: "What will happen", rows, links: [], note: null },
      quick_replies: [{ id: "yes", title: "Yes, cancel it" }, { id: "no", title: "No, keep it" }],
    });
    const no = page.getByRole("button", { name: "No, keep it" });
    await no.waitFor();
    const view = await log.boundingBox();
    for (const part of [log.getByRole("heading", { name: "What will happen" }), no]) {
      const { y, height } = await part.boundingBox();
      assert.ok(y >= view.y && y + height <= view.y + view.height);
    }
  },
  { viewport: { width: 375, height: 667 } },
);

await scene("answers that come while the panel is closed are counted on the launcher", async ({ gateway, page, open, box, log }) => {
  await open();
  await box.fill("hello");
  await page.keyboard.press("Enter");
  await log.getByText("Understood.").waitFor();
  await page.keyboard.press("Escape");
  gateway.add(gateway.talk, { author: "agent", text: "I am here." });
  await page.getByRole("button", { name: "Change or cancel 1 new" }).waitFor();
});

await scene("two tabs share one talk", async ({ gateway, page, context, open, box, log }) => {
  await open();
  await box.fill("in the first");
  await page.keyboard.press("Enter");
  await log.getByText("Understood.").waitFor();
  const other = await context.newPage();
  await other.goto(gateway.origin);
  await other.getByRole("button", { name: "Change or cancel" }).click();
  await other.getByRole("log").getByText("in the first").waitFor();
  await other.getByLabel("Your message").fill("in the second");
  await other.keyboard.press("Enter");
  await log.getByText("in the second").waitFor();
  assert.equal(gateway.talks.size, 1);
  assert.equal(gateway.talk.posted.length, 2);
});

await browser.close();
process.exitCode = failed ? 1 : 0;
