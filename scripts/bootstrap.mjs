// The entry point of every package script: `node scripts/bootstrap.mjs <task> [arguments]`.
// Sets up what the task needs (Node, pnpm, dependencies) and runs it. Plain JavaScript without dependencies, because
// it runs before anything is installed, on any Node from 18 on. Only the task writes to standard output.
import { findToolchain, rememberToolchain } from './bootstrap/find-toolchain.mjs';
import { installDependencies } from './bootstrap/install-dependencies.mjs';
import { root } from './bootstrap/root.mjs';
import { runTask } from './bootstrap/run-task.mjs';
import { say } from './bootstrap/say.mjs';
import { tasks } from './bootstrap/tasks.mjs';

const [name, ...args] = process.argv.slice(2);
const task = tasks[name];
try {
  if (task === undefined) throw new Error(`no such task; there are: ${Object.keys(tasks).join(', ')}`);
  // Vite reads paths as URLs, and would fail in each test file without saying why.
  if (task.byVite && /[#%?]/.test(root))
    throw new Error(`Vite, which runs the tests, cannot work below a folder with #, % or ? in its name: ${root}`);
  const toolchain = findToolchain();
  installDependencies(toolchain);
  rememberToolchain(toolchain);
  runTask(task, args, toolchain);
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
