/** JSON that keeps what JavaScript's own would lose: the digits of its numbers, and members named `__proto__`. */
export { findInexactNumbers, writeJson } from './job/encoding/exact-json.ts';
export { exactJson, type ExactJson } from './job/encoding/exact-members.ts';
export { exactValue, JsonText } from './job/encoding/json-text.ts';
