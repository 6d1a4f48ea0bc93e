import type { Page } from 'playwright-core';

/** The longest time between two frames while something was scrolled, in milliseconds. */
export interface LongestFrames {
  readonly ofElement: number;
  /** Of an element as tall with nothing in it, just before: what the machine made of it. */
  readonly ofNothing: number;
}

/**
 * Scrolls an element from its top by a step in each of 90 frames, and measures the time between the calls of `requestAnimationFrame`: at 60 frames a
 * second it is 16.7 ms, and twice that when a frame was dropped. A busy machine drops frames of whatever is scrolled.
 */
export async function longestFrames(page: Page, selector: string): Promise<LongestFrames> {
  const [ofNothing = 0, ofElement = 0] = await page.evaluate<number[]>(`(async () => {
    const longestOf = (scroller) => new Promise((resolve) => {
      scroller.scrollTo(0, 0);
      let [drawn, longestMs, before] = [0, 0, undefined];
      const next = (at) => {
        if (before !== undefined) longestMs = Math.max(longestMs, at - before);
        before = at;
        drawn += 1;
        if (drawn > 90) return resolve(longestMs);
        scroller.scrollBy(0, 400);
        requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    });
    const empty = document.createElement('div');
    empty.style.cssText = 'position: fixed; top: 0; height: 600px; width: 600px; overflow: auto';
    empty.append(document.createElement('div'));
    empty.firstChild.style.height = '100000px';
    document.body.append(empty);
    const ofNothing = await longestOf(empty);
    empty.remove();
    return [ofNothing, await longestOf(document.querySelector(${JSON.stringify(selector)}))];
  })()`);
  return { ofElement, ofNothing };
}
