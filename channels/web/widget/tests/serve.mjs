// Serves the fake gateway with a page to try the built widget on.

import { startGateway } from "./fake-gateway.mjs";

const gateway = await startGateway();
console.log(`A fake gateway with a page to try the widget on: ${gateway.origin}/`);
