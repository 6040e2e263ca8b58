// Checks templates by the rules of cdk-nag (AwsSolutions), and prints what it found:
//   node nag.mjs TEMPLATE…   →   [{"template", "resource", "rule", "what"}]
import { App, Aspects, DefaultStackSynthesizer, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { AwsSolutionsChecks } from 'cdk-nag';

const found = [];
for (const template of process.argv.slice(2)) {
  // The template has the parameter of its bootstrap already.
  const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false });
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack', { synthesizer });
  new CfnInclude(stack, 'Template', { templateFile: template });
  Aspects.of(stack).add(new AwsSolutionsChecks({ reports: false }));
  const annotations = Annotations.fromStack(stack);
  const ours = Match.stringLikeRegexp('AwsSolutions-|CdkNag');
  for (const entry of [...annotations.findError('*', ours), ...annotations.findWarning('*', ours)]) {
    // RULE[DETAIL]: what is found
    const [, rule, what] = /^([A-Za-z0-9-]+)(.*)/s.exec(entry.entry.data);
    found.push({ template, resource: entry.id.split('/').pop(), rule, what: what.trim() });
  }
}
console.log(JSON.stringify(found, null, 1));
