/** Hard limits of what a job carries. Sizes are bytes of UTF-8. docs/defaults.md lists them. */
export const limits = {
  /** A payload as JSON: 256 KiB. */
  payloadMaxBytes: 262_144,
  /** A result as JSON: 256 KiB. */
  resultMaxBytes: 262_144,
  /** How deep arrays and objects of a payload or result may nest. Lua's JSON reader stops at 1,000. */
  jsonMaxDepth: 500,
  /** A caller's job id. */
  jobIdMaxBytes: 200,
} as const;
