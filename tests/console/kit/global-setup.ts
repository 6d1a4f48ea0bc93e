import { buildPage } from '../../../packages/console/build/build-page.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The program of the browser. */
    chromium?: string;
  }
}

/** The page as its sources are now. */
export default async function setUp(): Promise<void> {
  await buildPage();
}
