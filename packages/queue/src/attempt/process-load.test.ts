import { expect, it } from 'vitest';
import type { Occupant } from '../job/delivery.ts';
import { ProcessLoad } from './process-load.ts';

/** A delivery that counts how often it is asked whether it is alone, and how often its company was recorded. */
class CountedOccupant implements Occupant {
  asked = 0;
  noted = 0;
  #isAlone: boolean;

  constructor(isAlone: boolean) {
    this.#isAlone = isAlone;
  }

  get isAlone(): boolean {
    this.asked += 1;
    return this.#isAlone;
  }

  set isAlone(isAlone: boolean) {
    this.#isAlone = isAlone;
  }

  readonly noteCompany = async (): Promise<void> => {
    this.noted += 1;
  };
}

function loadOf(...occupants: Occupant[]): ProcessLoad {
  const load = new ProcessLoad();
  for (const occupant of occupants) load.add(occupant);
  return load;
}

it('records the company of a delivery that was alone when it came, once', async () => {
  const [first, second] = [new CountedOccupant(true), new CountedOccupant(false)];
  const load = loadOf(first);
  expect(load.noteCompany()).toBeUndefined();
  load.add(second);
  await load.noteCompany();
  await load.noteCompany();
  expect([first.noted, second.noted, first.isAlone]).toEqual([1, 0, false]);
});

it('records nothing of one that has ended, or that a take has recorded already', () => {
  const [ended, recorded] = [new CountedOccupant(true), new CountedOccupant(true)];
  const load = loadOf(ended, recorded, new CountedOccupant(false));
  load.remove(ended);
  recorded.isAlone = false;
  expect(load.noteCompany()).toBeUndefined();
  expect([ended.noted, recorded.noted]).toEqual([0, 0]);
});

it('asks none of those that were not alone, however many run: it is called before each run', () => {
  const many = Array.from({ length: 100 }, () => new CountedOccupant(false));
  const load = loadOf(...many);
  for (const occupant of many) occupant.asked = 0;
  expect(load.noteCompany()).toBeUndefined();
  expect(many.reduce((sum, { asked }) => sum + asked, 0)).toBe(0);
});
