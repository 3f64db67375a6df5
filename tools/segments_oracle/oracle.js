// Counts the segments of texts: a line of JSON in (a list of texts), a line of JSON out.
const readline = require("node:readline");
const { SegmentedMessage } = require("sms-segments-calculator");

function count(text) {
  const message = new SegmentedMessage(text);
  const { encodingName, segmentsCount, encodedChars } = message;
  const units = encodedChars.reduce((sum, character) => sum + character.codeUnits.length, 0);
  return { encoding: encodingName, segments: segmentsCount, units };
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(`${JSON.stringify(JSON.parse(line).map(count))}\n`);
});
