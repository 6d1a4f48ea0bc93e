/** What a release changes. All public packages have one version, and the repository has one changelog. */
export interface ReleasePlan {
  readonly version: string;
  /** The changelog with its unreleased lines under the new version. */
  readonly changelog: string;
  /** Those lines: the notes of the release. */
  readonly notes: string;
}

const UNRELEASED = '## [Unreleased]\n';
const VERSION = /^(\d+)\.(\d+)\.(\d+)$/;

/**
 * @param step `patch`, `minor`, `major`, or the version itself
 * @param day as `2026-11-27`
 * @throws Error when the step is none, the version is not above the present one, or nothing is written under Unreleased
 */
export function planRelease(present: string, step: string, changelog: string, day: string): ReleasePlan {
  const version = versionAfter(present, step);
  const [before, after] = changelog.split(UNRELEASED);
  if (before === undefined || after === undefined) throw new Error('CHANGELOG.md has no "## [Unreleased]"');
  const end = after.search(/^## \[/m);
  const notes = (end === -1 ? after : after.slice(0, end)).trim();
  if (!/^- /m.test(notes))
    throw new Error('CHANGELOG.md says nothing under "## [Unreleased]": there is nothing to release');
  const released = `${UNRELEASED}\n## [${version}] - ${day}\n`;
  return { version, notes, changelog: before + released + after };
}

/** The text of a package.json with another version, and nothing else changed. */
export function withVersion(manifest: string, version: string): string {
  return manifest.replace(/^ {2}"version": ".*"/m, `  "version": "${version}"`);
}

function versionAfter(present: string, step: string): string {
  const numbers = partsOf(present);
  const [major, minor, patch] = numbers;
  if (step === 'major') return `${major + 1}.0.0`;
  if (step === 'minor') return `${major}.${minor + 1}.0`;
  if (step === 'patch') return `${major}.${minor}.${patch + 1}`;
  const wanted = partsOf(step);
  const first = wanted.findIndex((number, index) => number !== numbers[index]);
  if (first === -1 || (wanted[first] ?? 0) < (numbers[first] ?? 0)) throw new Error(`${step} is not above ${present}`);
  return step;
}

function partsOf(version: string): [number, number, number] {
  const [, major, minor, patch] = VERSION.exec(version) ?? [];
  if (patch === undefined)
    throw new Error(`a release is "patch", "minor", "major" or a version as 1.2.3, not "${version}"`);
  return [Number(major), Number(minor), Number(patch)];
}
