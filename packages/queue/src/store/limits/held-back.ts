/** In BullMQ's `delayed`, of a job that a limit of its contract holds back: a time that never comes, as in job-limits.lua. */
const HELD_BACK_SCORE = 2 ** 53;

/** @param score of a job in BullMQ's `delayed` */
export function isHeldBack(score: string | null | undefined): boolean {
  return Number(score) === HELD_BACK_SCORE;
}
