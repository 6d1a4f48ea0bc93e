import { countOnce } from './words.js';

console.log(await countOnce(process.argv[2] ?? ''));
