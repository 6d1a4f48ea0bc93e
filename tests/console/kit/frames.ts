import type { Page } from 'playwright-core';

/**
 * Scrolls an element from its top by a step in each frame. The longest time between two calls of `requestAnimationFrame`, in milliseconds: at 60
 * frames a second it is 16.7, and twice that when a frame was dropped.
 */
export async function longestFrameMs(page: Page, selector: string): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    const scroller = document.querySelector(${JSON.stringify(selector)});
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
  })`);
}
