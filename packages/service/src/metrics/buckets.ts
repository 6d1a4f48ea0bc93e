/** Upper bounds in seconds for what takes a millisecond as well as half an hour: waits, and runs of handlers. */
export const JOB_SECONDS: number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800];

/** Of requests. Those that wait for capacity take up to a minute. */
export const REQUEST_SECONDS: number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
