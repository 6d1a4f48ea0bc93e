import type { Reporter, TestModule } from 'vitest/node';

/** Ends the run's output with the line `N passed, N failed`. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.ok() && test.result().state === 'passed').length;
    const failed = tests.filter((test) => !test.ok()).length;
    // A file that cannot be loaded, or that fails outside its tests, has no failed test; neither has an unhandled rejection.
    const broken = modules.filter((module) => module.errors().length > 0).length;
    console.log(`${passed} passed, ${failed + broken + unhandledErrors.length} failed`);
  }
}
