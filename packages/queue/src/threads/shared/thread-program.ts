/**
 * Under this name a handler carries the program that runs its attempts in a thread. So the thread has to find nothing but the
 * module of the handler, in a bundle too, and uses the same copy of this package as the handler: its errors are what they are
 * for the handler.
 */
export const threadProgram: unique symbol = Symbol.for('sluice.thread-program');
