import { serveParent } from '../bench-process.ts';
import { sendLoad } from './send-load.ts';

// The load generator, in a process of its own: what it costs is in no server's CPU time.
serveParent(sendLoad);
