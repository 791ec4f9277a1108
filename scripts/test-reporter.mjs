// Vitest's outcome in numbers, for `npm test`: written to vitest's `outputFile`.
import { writeFileSync } from "node:fs";

export default class TestReporter {
  onInit({ config }) {
    this.path = config.outputFile;
  }

  onTestRunEnd(modules, unhandledErrors) {
    const files = modules.map((module) => {
      const counts = { passed: 0, failed: 0, skipped: 0 };
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === "pending" ? "skipped" : state] += 1;
      }
      // It could not be loaded, say.
      if (!module.ok() && counts.failed === 0) counts.failed = 1;
      return { path: module.moduleId, ...counts };
    });
    writeFileSync(this.path, JSON.stringify({ files, errors: unhandledErrors.length }));
  }
}
