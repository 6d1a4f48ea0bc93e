import { type GroupContender, groupContenders } from './group-contender.ts';
import type { MemberAnswer, MemberRequest } from './member-messages.ts';
import { GroupMember } from './group-member.ts';
import { openSides } from './open-sides.ts';

// A producer's or a worker's process: nothing else runs in it.
const contender = groupContenders.find((known): known is GroupContender => known === process.argv[2]);
if (contender === undefined) throw new Error(`no such contender: ${process.argv[2]}`);

const member = new GroupMember(await openSides(contender));
process.once('disconnect', () => process.exit());
process.on('message', (request: MemberRequest) => {
  void answerTo(request).then((answer) => process.send?.(answer));
});
process.send?.('ready');

async function answerTo(request: MemberRequest): Promise<MemberAnswer> {
  try {
    return await member.obey(request);
  } catch (error) {
    return { type: 'failed', message: error instanceof Error ? String(error.stack) : String(error) };
  }
}
