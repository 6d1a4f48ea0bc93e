import { defineHandler, type Handler } from '@sluice/queue';
import { countPrimes } from './primes-contract.ts';

// A module of its own: it is loaded in the threads, and shares nothing with the main loop.
const handler: Handler<typeof countPrimes> = defineHandler(countPrimes, ({ payload, signal }) => {
  let primes = 0;
  for (let n = 2; n <= payload.upTo; n += 1) {
    if (payload.checksSignal) signal.throwIfAborted(); // works without a single await, and costs next to nothing
    if (isPrime(n)) primes += 1;
  }
  return { primes };
});
export default handler;

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor += 1) if (n % divisor === 0) return false;
  return true;
}
