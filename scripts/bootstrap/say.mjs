/** Progress goes to standard error: standard output belongs to the task. */
export function say(line) {
  process.stderr.write(`sluice: ${line}\n`);
}
