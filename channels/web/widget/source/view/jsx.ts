// Injected by the build, so that JSX becomes plain calls of `h` without the heavier JSX runtime.

export { h, Fragment } from "preact";
