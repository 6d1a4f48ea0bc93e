import type { Reporter, TestModule } from 'vitest/node';

/** Ends the run's output with one line, `N passed, N failed`: what ran, whatever else was printed. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.ok() && test.result().state === 'passed').length;
    const failed = tests.filter((test) => !test.ok()).length;
    // A file that cannot be loaded, or fails outside its tests, has no failed test to count; nor has a stray rejection.
    const broken = modules.filter((module) => module.errors().length > 0).length;
    console.log(`${passed} passed, ${failed + broken + unhandledErrors.length} failed`);
  }
}
