// Asks both public validators of the Amazon States Language about each file
// given. They complement one another: asl-validator knows JSONPath, the AWS
// Toolkit's language service knows more of the values that fields take.
import { readFileSync } from 'node:fs'
import validator from 'asl-validator'
import service from 'amazon-states-language-service'

const { getLanguageService, TextDocument } = service
const files = process.argv.slice(2)
if (files.length === 0) {
  console.error('usage: node validate.mjs DEFINITION...')
  process.exit(2)
}
let faults = 0
for (const file of files) {
  const text = readFileSync(file, 'utf8')
  for (const fault of [...schema(text), ...(await language(text))]) {
    console.error(`${file}: ${fault}`)
    faults++
  }
}
process.exit(faults === 0 ? 0 : 1)

function schema(text) {
  const { errors } = validator(JSON.parse(text), { checkPaths: true, checkArn: true })
  return errors.map((e) => `asl-validator: ${e['Error code']}: ${e.Message ?? JSON.stringify(e)}`)
}

async function language(text) {
  const asl = getLanguageService({})
  const document = TextDocument.create('asl:definition', 'asl', 1, text)
  const diagnostics = await asl.doValidation(document, asl.parseJSONDocument(document))
  return diagnostics.map((d) => `language service: line ${d.range.start.line + 1}: ${d.message}`)
}
