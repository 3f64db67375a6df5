// Opens the built widget in a real browser, has axe judge it and keeps pictures for people to judge.
//   node tests/look.mjs [folder for the pictures]
// Needs a Chromium: CHROMIUM=/usr/bin/chromium unless told otherwise.

import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { startGateway } from "./fake-gateway.mjs";

const folder = process.argv[2] ?? "pictures";
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const SCENES = [
  { name: "light", viewport: { width: 1100, height: 800 } },
  { name: "dark", viewport: { width: 1100, height: 800 }, colorScheme: "dark" },
  { name: "rtl", viewport: { width: 1100, height: 800 }, page: "/?dir=rtl&lang=ar" },
  { name: "narrow", viewport: { width: 320, height: 640 } },
  { name: "narrow-dark", viewport: { width: 320, height: 640 }, colorScheme: "dark" },
  { name: "zoom-400", viewport: { width: 320, height: 256 } },
  { name: "forced-colors", viewport: { width: 1100, height: 800 }, forcedColors: "active" },
];

const gateway = await startGateway();
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking"],
});
await mkdir(folder, { recursive: true });
let findings = 0;

for (const { name, page: path = "/", ...settings } of SCENES) {
  const context = await browser.newContext({ bypassCSP: false, reducedMotion: "reduce", ...settings });
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && complain(name, message.text()));
  page.on("pageerror", (error) => complain(name, error.message));
  await page.goto(gateway.origin + path);
  await judge(page, `${name}-closed`);
  await page.getByRole("button", { name: "Change or cancel" }).click();
  await page.getByRole("button", { name: "Cancel my plan" }).waitFor();
  await judge(page, `${name}-opened`);
  await page.keyboard.type("It costs too much for two notes a week, so please cancel.\nThank you.");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Yes, cancel Pro" }).waitFor();
  await judge(page, `${name}-card`);
  gateway.typing(gateway.talk);
  await page.getByText("The assistant is writing").waitFor();
  await page.getByLabel("Your message").fill("x".repeat(4990));
  await judge(page, `${name}-long`);
  await page.getByLabel("Your message").fill("");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("button", { name: "Talk to a person" }).click();
  await page.getByText("A person has been asked").waitFor();
  gateway.state(gateway.talk, "human");
  gateway.add(gateway.talk, { author: "agent", text: "Hello, this is Maria. I see it, one moment: https://example.com/status." });
  gateway.add(gateway.talk, { text: "مرحبا، يمكنك الإلغاء الآن." });
  await page.getByText("مرحبا").waitFor();
  await judge(page, `${name}-person`);
  await gateway.stop();
  await page.getByText("Connection lost").waitFor();
  await page.getByLabel("Your message").fill("Are you still there?");
  await page.keyboard.press("Enter");
  await page.getByText("Will be sent when").waitFor();
  await judge(page, `${name}-lost`);
  await gateway.listen();
  await page.getByText("Back again").waitFor();
  gateway.state(gateway.talk, "closed");
  await page.getByText("This conversation has ended.").waitFor();
  await judge(page, `${name}-ended`);
  await context.close();
}

async function judge(page, name) {
  await page.screenshot({ path: `${folder}/${name}.png` });
  // Through the debugger's door: a strict policy would refuse an injected script.
  const { violations, passes } = await page.evaluate(`(() => { ${axe}; return axe.run(document, { runOnly: ${JSON.stringify(TAGS)} }) })()`);
  for (const { id, impact, nodes } of violations) {
    complain(name, `${impact} ${id}: ${nodes.map((node) => `${node.target.flat()} ${node.failureSummary}`).join("; ")}`);
  }
  const wide = await page.evaluate(() => {
    const root = document.querySelector("offboard-assistant").shadowRoot;
    const wide = [...root.querySelectorAll(".panel, .log")].some((one) => one.scrollWidth > one.clientWidth + 1);
    const small = [...root.querySelectorAll("button:not([hidden]), .control, .card a")]
      .map((one) => ({ text: one.textContent, box: one.getBoundingClientRect() }))
      .filter(({ box }) => box.width < 24 || box.height < 24);
    return [wide && "scrolls sideways", ...small.map(({ text }) => `small target: ${text}`)].filter(Boolean);
  });
  for (const sentence of wide) complain(name, sentence);
  console.log(`${name}: ${passes.length} rules passed, ${violations.length} violated`);
}

function complain(name, sentence) {
  // The outage of the scene is meant.
  if (/ERR_CONNECTION|Failed to load resource/.test(sentence)) return;
  findings++;
  console.error(`${name}: ${sentence}`);
}

await browser.close();
await gateway.stop();
process.exitCode = findings ? 1 : 0;
