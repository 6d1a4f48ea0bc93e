import { serveParent } from '../bench-process.ts';
import { groupContenderNames, groupContenders } from './contenders/known-contenders.ts';
import { GroupMember, type MemberRequest } from './group-member.ts';

// A producer's or a worker's process: nothing else runs in it.
const name = groupContenderNames.find((known) => known === process.argv[2]);
if (name === undefined) throw new Error(`no such contender: ${process.argv[2]}`);
const member = new GroupMember(await groupContenders[name].load());
serveParent((request: MemberRequest) => member.handle(request));
