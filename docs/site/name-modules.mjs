import { Converter, ReflectionKind } from 'typedoc';
import { entryPoints } from './entry-points.mjs';

/** A plugin of typedoc: modules are named as they are imported, not by their files. @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      const file = project.getSymbolIdFromReflection(module)?.fileName;
      const entry = entryPoints.find((each) => each.file === file);
      if (entry !== undefined) module.name = entry.name;
    }
  });
}
