"""Documents that are wrong in one place each, with the line of that place and words of the sentence that is told."""

# ruff: noqa: E501  # a row is a part of a document, and stands on one line

from __future__ import annotations

from typing import NamedTuple

from openapi.contract import FILE

TEXT = FILE.read_text(encoding="utf-8")
PAGE = "        - name: page\n          in: query\n"
ACCOUNT = "        account:\n          type: string\n          description: The customer's name.\n"
SEARCH = "            type: string\n            maxLength: 255\n            pattern: '^[^\\u0000]*$'\n"
PAGE_OF = "          description: The page.\n          maxItems: 100\n"


class Wrong(NamedTuple):
    """A document, the part of it whose first line is told, and what the sentence says."""

    id: str
    content: bytes
    line: int
    says: str
    name: str = "spec.yaml"


def edited(id: str, before: str, after: str, at: str, says: str) -> Wrong:
    """The project's contract with its first such part replaced; the fault stands at `at`: in the edit, else the last before it or the first
    behind, with `>` surely behind."""
    begin = TEXT.index(before)
    text = TEXT[:begin] + after + TEXT[begin + len(before) :]
    if at.startswith(">"):
        return Wrong(id, text.encode(), text[: text.index(at[1:], begin)].count("\n") + 1, says)
    places = (text.find(at, begin, begin + len(after)), text.rfind(at, 0, begin), text.find(at, begin))
    found = next(place for place in places if place >= 0)
    return Wrong(id, text.encode(), text[:found].count("\n") + 1, says)


def whole(id: str, content: str | bytes, line: int, says: str, name: str = "spec.yaml") -> Wrong:
    """A small document."""
    return Wrong(id, content.encode() if isinstance(content, str) else content, line, says, name)


WRONG = [
    # Text that is no document.
    whole("an empty file", "", 1, "is empty"),
    whole("a list at the top", "- openapi: 3.0.3\n", 1, "is a list"),
    whole("a number", "7\n", 1, "is a number"),
    whole("a tab", "openapi: 3.0.3\ninfo:\n\ttitle: x\n", 3, "tab"),
    whole("an open bracket", "openapi: 3.0.3\ninfo: [\n", 3, "is not YAML"),
    whole("no space behind a colon", "openapi: 3.0.3\ninfo:{}\npaths: {}\n", 2, "is not YAML"),
    whole("a trailing comma", '{\n "openapi": "3.0.3",\n "paths": {},\n}\n', 3, "comma", "spec.json"),
    whole("a comment in JSON", '{\n "openapi": "3.0.3", // ours\n "paths": {}\n}\n', 2, "comment", "spec.json"),
    whole("single quotes in JSON", "{\n 'openapi': '3.0.3'\n}\n", 2, "single quotes", "spec.json"),
    whole("JSON of the wrong version", '{\n "info": {},\n "openapi": "3.1.0"\n}\n', 3, "'3.1.0'", "spec.json"),
    whole("bytes that are no text", b"openapi: 3.0.3\ninfo: \xff\n", 2, "is not UTF-8"),
    whole(
        "bombs of aliases",
        "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{n}: &{n} [{','.join([f'*{p}'] * 9)}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True)),
        7,
        "grow beyond",
    ),
    whole("an alias of itself", "openapi: 3.0.3\ninfo: &x\n  title: *x\n", 3, "holds itself"),
    whole("without end", "openapi: 3.0.3\nx: " + "[" * 5000, 2, "nests deeper than 200 levels"),
    edited(
        "a key twice",
        "      operationId: createLead\n",
        "      operationId: createLead\n      operationId: createLead2\n",
        "operationId: createLead2",
        "`operationId` stands twice",
    ),
    edited("a key that is a list", "info:\n", "[a]: b\ninfo:\n", "[a]", "a key must be text"),
    whole("two documents", "openapi: 3.0.3\n---\nopenapi: 3.0.3\n", 2, "a second document begins here"),
    # Another version, whatever else is wrong.
    edited("3.1", "openapi: 3.0.3", "openapi: 3.1.0", "openapi: 3.1.0", "must be 3.0.x, which the server speaks, not '3.1.0'"),
    whole("3.1 with another fault", "openapi: 3.1.0\ninfo: 7\n", 1, "not '3.1.0'"),
    whole("Swagger 2", "swagger: '2.0'\ninfo: {title: x, version: '1'}\npaths: {}\n", 1, "not Swagger 2.0"),
    whole("a version that is a number", "info: {}\nopenapi: 3.0\n", 2, "'3.0.3', not 3.0"),
    whole("no version", "info: {}\npaths: {}\n", 1, "lacks `openapi`"),
    # Schemas.
    edited("type int", "            type: integer\n", "            type: int\n", "type: int\n", "not 'int'; did you mean 'integer'?"),
    edited("types of 3.1", ACCOUNT, ACCOUNT.replace("type: string", 'type: [string, "null"]'), "type: [string", "nullable: true"),
    edited("type null", ACCOUNT, ACCOUNT.replace("type: string", 'type: "null"'), 'type: "null"', "nullable: true"),
    edited("const", ACCOUNT, ACCOUNT + "          const: x\n", "const: x", "an `enum` of this one value"),
    edited("examples in a schema", ACCOUNT, ACCOUNT + "          examples: [x]\n", "examples: [x]", "`example`"),
    edited("a default of another type", "            default: 20\n", "            default: twenty\n", "default: twenty", "the default does not fit"),
    edited("a default above the maximum", "            default: 20\n", "            default: 200\n", "default: 200", "the default does not fit"),
    edited("a bad pattern", SEARCH, SEARCH.replace("'^[^\\u0000]*$'", "'['"), "pattern: '['", "is no regular expression"),
    edited("required true", ACCOUNT, ACCOUNT + "          required: true\n", "required: true", "must be a list, not true"),
    edited("required nothing", "      required: [account]\n", "      required: []\n", "required: []", "leave it out"),
    edited("required twice", "      required: [account]\n", "      required: [account, account]\n", "required: [account, account]", "twice"),
    edited("required unknown", "      required: [account]\n", "      required: [acount]\n", "required: [acount]", "acount"),
    edited(
        "a minimum in quotes",
        "            minimum: 1\n            maximum: 100\n",
        '            minimum: "1"\n            maximum: 100\n',
        'minimum: "1"',
        "must be a number, not '1'",
    ),
    edited(
        "an exclusive minimum of 3.1",
        "            minimum: 1\n            maximum: 100\n",
        "            exclusiveMinimum: 0\n            maximum: 100\n",
        "exclusiveMinimum: 0",
        "true or false, not 0",
    ),
    edited(
        "an empty range",
        "            minimum: 1\n            maximum: 100\n",
        "            minimum: 101\n            maximum: 100\n",
        "minimum: 101",
        "above",
    ),
    edited("lengths turned round", SEARCH, SEARCH + "            minLength: 256\n", "minLength: 256", "above"),
    edited("an unknown word", ACCOUNT, ACCOUNT + "          maxLenght: 9\n", "maxLenght", "did you mean 'maxLength'?"),
    edited("an enum of another type", ACCOUNT, ACCOUNT + "          enum: [a, 7]\n", "enum: [a, 7]", "7"),
    edited("an array without items", ACCOUNT, ACCOUNT.replace("string", "array"), "type: array", "`items`"),
    edited(
        "properties in a list",
        "      properties:\n        id:\n",
        "      properties: [x]\n      y:\n        id:\n",
        "properties: [x]",
        "must be a mapping, not a list",
    ),
    edited(
        "read-only and write-only",
        "          readOnly: true\n          minimum: 1\n",
        "          readOnly: true\n          writeOnly: true\n          minimum: 1\n",
        "writeOnly: true",
        "`readOnly`",
    ),
    edited("nullable in quotes", ACCOUNT, ACCOUNT + '          nullable: "yes"\n', "nullable", "true or false, not 'yes'"),
    # References.
    edited("a reference to nowhere", '$ref: "#/components/schemas/LeadInput"', '$ref: "#/components/schemas/LeadsInput"', "LeadsInput", "LeadInput"),
    edited("a reference to a file", '$ref: "#/components/schemas/LeadInput"', '$ref: "lead.yaml#/LeadInput"', "lead.yaml", "lead.yaml"),
    edited(
        "a reference to a host",
        '$ref: "#/components/schemas/LeadInput"',
        '$ref: "https://example.com/x.yaml"',
        "https://example.com/x",
        "https://example.com/x",
    ),
    edited(
        "a reference to itself",
        "    CustomerInput:\n      type: object\n",
        "    Circle:\n      $ref: '#/components/schemas/Circle'\n    CustomerInput:\n      type: object\n",
        "$ref: '#/components/schemas/Circle'",
        "leads back here",
    ),
    edited(
        "words beside a reference",
        '              $ref: "#/components/schemas/LeadInput"\n',
        '              $ref: "#/components/schemas/LeadInput"\n              maxProperties: 3\n',
        "maxProperties: 3",
        "allOf",
    ),
    edited(
        "a reference of another kind",
        '$ref: "#/components/schemas/LeadInput"',
        '$ref: "#/components/parameters/Id"',
        '"#/components/parameters/Id"',
        "schema",
    ),
    # Parameters.
    edited("in querry", PAGE, PAGE.replace("query", "querry"), "in: querry", "did you mean 'query'?"),
    edited("no in", PAGE, PAGE.replace("          in: query\n", ""), "- name: page", "`in`"),
    edited("no name", PAGE, "        - in: query\n", "- in: query", "`name`"),
    edited("a path parameter that may be left out", "      in: path\n      required: true\n", "      in: path\n", "Id:", "required: true"),
    edited(
        "a path parameter that is not required",
        "      in: path\n      required: true\n",
        "      in: path\n      required: false\n",
        "required: false",
        "true",
    ),
    edited(
        "a path parameter that the path has not",
        "  /leads:\n    x-resource: leads\n",
        "  /leads:\n    x-resource: leads\n    parameters:\n      - $ref: '#/components/parameters/Id'\n",
        "- $ref: '#/components/parameters/Id'",
        "{id}",
    ),
    edited(
        "a path that names a parameter which is not there",
        "  /leads:\n    x-resource: leads\n    post:\n",
        "  /leads/{kind}:\n    x-resource: leads\n    post:\n",
        "    post:",
        "kind",
    ),
    edited("a parameter twice", PAGE, PAGE + "          schema: {type: integer}\n" + PAGE, PAGE[8:] + "          description", "page"),
    edited(
        "content of two kinds",
        "          schema:\n            type: integer\n",
        "          content:\n            application/json: {schema: {type: integer}}\n            text/plain: {schema: {type: integer}}\n          x-y:\n            type: integer\n",
        "content:",
        "at most 1",
    ),
    edited(
        "schema and content",
        PAGE,
        PAGE + "          content: {application/json: {schema: {type: integer}}}\n",
        "- name: page",
        "holds `schema` and `content`",
    ),
    edited("neither schema nor content", PAGE, "        - name: y\n          in: query\n" + PAGE, "- name: y", "`schema`"),
    # Operations, paths.
    edited("an unknown method", "    post:\n      operationId: createLead\n", "    pots:\n      operationId: createLead\n", "pots:", "pots"),
    edited("a method of capitals", "    post:\n      operationId: createLead\n", "    POST:\n      operationId: createLead\n", "POST:", "'post'"),
    edited(
        "one id for two",
        "      operationId: createUser\n",
        "      operationId: createLead\n",
        "operationId: createLead",
        "is the `operationId` of POST /leads on line 1079 already",
    ),
    edited("no operationId", "      operationId: createLead\n", "", "    post:", "operationId"),
    edited(
        "no responses",
        '      responses:\n        "200":\n          description: A page of customers.\n',
        '      x-y:\n        "200":\n          description: A page of customers.\n',
        "    get:\n      operationId: listCustomers",
        "`responses`",
    ),
    edited(
        "an answer that is called OK",
        '        "200":\n          description: A page of customers.\n',
        "        OK:\n          description: A page of customers.\n",
        "OK:",
        "status",
    ),
    edited("an answer without a description", "          description: A page of customers.\n", "", '"200":', "`description`"),
    edited("a path without a slash", "  /leads:\n", "  leads:\n", "  leads:", "/"),
    edited(
        "two paths that are one",
        "  /leads:\n",
        "  /customers/{nr}:\n    x-resource: customers\n    parameters:\n      - {name: nr, in: path, required: true, schema: {type: integer}}\n  /leads:\n",
        "/customers/{nr}",
        "the same path",
    ),
    edited("no info", "info:\n  title: Business Suite API\n", "x-y:\n  title: Business Suite API\n", "openapi: 3.0.3", "`info`"),
    edited(
        "a body without content",
        "      requestBody:\n        required: true\n        content:\n",
        "      requestBody:\n        required: true\n        contents:\n",
        "contents:",
        "did you mean 'content'?",
    ),
    # Security, servers.
    edited("an unknown scheme", "  - bearerAuth: []\n", "  - bearer: []\n", "- bearer: []", "bearer"),
    edited("basic", "      scheme: bearer\n", "      scheme: basic\n", "scheme: basic", "bearer or by apiKey in query, not by 'basic'"),
    edited(
        "oauth2",
        "      type: http\n      scheme: bearer\n",
        "      type: oauth2\n      flows: {clientCredentials: {tokenUrl: https://x.test/t, scopes: {}}}\n",
        "type: oauth2",
        "not by 'oauth2'",
    ),
    edited("a key in a cookie", "      in: query\n      name: api_key\n", "      in: cookie\n      name: api_key\n", "in: cookie", "not by 'cookie'"),
    edited(
        "a variable without a default",
        "  - url: http://localhost:8000/api/v2\n",
        "  - url: http://localhost:8000/{base}\n    variables: {base: {description: x}}\n",
        "variables:",
        "`default`",
    ),
    edited(
        "a variable that nobody declares",
        "  - url: https://sandbox.your-domain.com/api/v2\n",
        "  - url: https://sandbox.your-domain.com/{base}\n",
        "url: https://sandbox.your-domain.com/{base}",
        "base",
    ),
    edited("servers in a mapping", "servers:\n", "servers: {url: /api/v2}\nx-y:\n", "servers:", "must be a list, not a mapping"),
    edited(
        "a base path of the control plane",
        "  - url: https://sandbox.your-domain.com/api/v2\n",
        "  - url: /_sandbox/api\n",
        "url: /_sandbox",
        "control plane",
    ),
    edited(
        "a base path that is the control plane's",
        "  - url: https://sandbox.your-domain.com/api/v2\n",
        "  - url: https://x.test/_sandbox/\n",
        "url: https://x.test/_sandbox",
        "control plane",
    ),
    edited("an encoded base path", "  - url: https://sandbox.your-domain.com/api/v2\n", "  - url: /api%20x/v2\n", "url: /api%20x", "nothing encoded"),
    edited("a base path with a query", "  - url: https://sandbox.your-domain.com/api/v2\n", "  - url: /api?v=2\n", "url: /api?v=2", "no query"),
    edited("servers of a path", "  /leads:\n", "  /leads:\n    servers: [{url: /v3}]\n", "servers: [{url: /v3}]", "once, for the whole document"),
    # What the server would ignore.
    edited("a cookie", PAGE, "        - {name: y, in: cookie, schema: {type: string}}\n" + PAGE, "- {name: y", "no cookies"),
    edited(
        "a header called Accept",
        PAGE,
        "        - {name: Accept, in: header, schema: {type: string}}\n" + PAGE,
        "- {name: Accept",
        "OpenAPI ignores a header parameter called Accept",
    ),
    edited(
        "a header called authorization",
        PAGE,
        "        - {name: authorization, in: header, schema: {type: string}}\n" + PAGE,
        "- {name: authorization",
        "`security`",
    ),
    edited(
        "a deep object",
        PAGE,
        "        - name: y\n          in: query\n          style: deepObject\n          schema: {type: object}\n" + PAGE,
        "style: deepObject",
        "deepObject",
    ),
    edited(
        "an object in a query",
        PAGE,
        "        - {name: y, in: query, schema: {type: object, properties: {a: {type: string}}}}\n" + PAGE,
        "- {name: y",
        "no objects",
    ),
    edited("a matrix", "      in: path\n", "      in: path\n      style: matrix\n", "style: matrix", "simple"),
    edited(
        "a list in a path",
        "      schema:\n        type: integer\n        format: int64\n        minimum: 1\n        maximum: 9007199254740991\n      example: 1\n",
        "      schema: {type: array, items: {type: integer}}\n",
        "schema: {type: array",
        "one value",
    ),
    edited("reserved signs", PAGE, PAGE + "          allowReserved: true\n", "allowReserved", "`+`"),
    edited("an empty number", PAGE, PAGE + "          allowEmptyValue: true\n", "allowEmptyValue", "string"),
    edited(
        "content in a parameter",
        PAGE,
        "        - name: y\n          in: query\n          content: {application/json: {schema: {type: string}}}\n" + PAGE,
        "- name: y",
        "does not read `content`",
    ),
    edited(
        "a body of a GET",
        "      operationId: getCustomer\n      tags",
        "      operationId: getCustomer\n      requestBody: {content: {application/json: {schema: {type: object}}}}\n      tags",
        "requestBody: {content",
        "GET has no body",
    ),
    edited(
        "two keys at once",
        "      operationId: getCustomer\n      tags",
        "      operationId: getCustomer\n      security: [{bearerAuth: [], queryKey: []}]\n      tags",
        "security: [{bearer",
        "alternatives",
    ),
    edited("scopes of a bearer", "  - bearerAuth: []\n", "  - bearerAuth: [read]\n", "- bearerAuth: [read]", "scopes"),
    edited(
        "a body that is a form",
        '          application/json:\n            schema:\n              $ref: "#/components/schemas/LeadInput"\n',
        '          application/x-www-form-urlencoded:\n            schema:\n              $ref: "#/components/schemas/LeadInput"\n',
        "application/x-www-form",
        "application/json",
    ),
    # What could only end in 500.
    edited(
        "an id that is text",
        "        id:\n          type: integer\n          format: int64\n          description: Identifier, given by the server.\n          x-decision: ids\n          readOnly: true\n          minimum: 1\n          maximum: 9007199254740991\n          example: 1\n",
        "        id:\n          type: string\n          readOnly: true\n",
        "id:\n          type: string",
        "whole number",
    ),
    edited(
        "a time that is a number",
        "          type: string\n          format: date-time\n          description: When the object was created, UTC.\n          x-decision: timestamps\n          readOnly: true\n          pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$'\n          example: \"2024-01-15T10:00:00Z\"\n",
        "          type: integer\n          readOnly: true\n",
        "created_at:",
        "a time",
    ),
    edited(
        "a list without an envelope",
        '                $ref: "#/components/schemas/CustomerListAnswer"\n              example:\n                success: true\n',
        "                type: array\n                items: {$ref: '#/components/schemas/Customer'}\n              example:\n                success: true\n",
        "schema:",
        "envelope",
    ),
    edited(
        "an object without an envelope",
        '                $ref: "#/components/schemas/CustomerAnswer"\n',
        "                $ref: '#/components/schemas/Customer'\n",
        "    Customer:\n",
        "envelope",
    ),
    edited(
        "an envelope that asks for more",
        "    CustomerAnswer:\n",
        "    CustomerAnswer:\n      x-source: documented\n      type: object\n      required: [success, data, request_id]\n      properties:\n        success: {type: boolean}\n        request_id: {type: string}\n        data: {$ref: '#/components/schemas/Customer'}\n    Other:\n",
        "required: [success, data, request_id]",
        "`request_id`",
    ),
    edited(
        "an answer of 204 with a body",
        '        "201":\n          description: The customer as stored.\n',
        '        "204":\n          description: The customer as stored.\n',
        ">          content:",
        "has no body",
    ),
    edited(
        "a field that nobody gives",
        '      required: [id, account, created_at, updated_at]\n      allOf:\n        - $ref: "#/components/schemas/CustomerInput"\n',
        "      required: [id, account, rank, created_at, updated_at]\n      allOf:\n        - properties: {rank: {type: integer}, id: {type: integer}, account: {type: string}, created_at: {type: string}, updated_at: {type: string}}\n",
        "required: [id, account, rank",
        "'rank'",
    ),
    edited(
        "a page that is text",
        PAGE
        + "          description: Page number for pagination.\n          x-decision: paging\n          schema:\n            type: integer\n            format: int64\n            minimum: 1\n            maximum: 9007199254740991\n            default: 1\n",
        PAGE + "          schema:\n            type: string\n",
        "    get:\n      operationId: listCustomers",
        "`page`",
    ),
    # What people bring along from elsewhere, or forget.
    edited(
        "a property that is a word", ACCOUNT, "        account: string\n        account2:\n", "account: string", "must be a mapping, not 'string'"
    ),
    edited(
        "a schema that is a name",
        '              $ref: "#/components/schemas/LeadInput"\n',
        "              LeadInput\n",
        "schema:",
        "must be a mapping, not 'LeadInput'",
    ),
    edited(
        "items in a list",
        ACCOUNT,
        "        account:\n          type: array\n          items: [{type: string}]\n",
        "items: [{",
        "must be a mapping, not a list",
    ),
    edited("in body", PAGE, PAGE.replace("query", "body"), "in: body", "must be path or query or header or cookie, not 'body'"),
    edited("a type beside the name", PAGE, PAGE + "          type: integer\n", "type: integer", "`type` may not stand"),
    edited("definitions", "tags:\n", "definitions: {}\ntags:\n", "definitions", "`definitions` may not stand in the document"),
    edited(
        "a discriminator of Swagger", ACCOUNT, ACCOUNT + "          discriminator: kind\n", "discriminator: kind", "must be a mapping, not 'kind'"
    ),
    edited("tags that are no list", "      tags: [Leads]\n", "      tags: Leads\n", "tags: Leads", "must be a list, not 'Leads'"),
    edited("an operationId that is a number", "      operationId: createLead\n", "      operationId: 7\n", "operationId: 7", "must be text, not 7"),
    edited("a summary of nothing", "      summary: List all customers\n", "      summary:\n", "summary:\n", "must be text, not null"),
    edited(
        "parameters in a mapping",
        "      operationId: createLead\n",
        "      operationId: createLead\n      parameters: {name: x}\n",
        "parameters: {name",
        "must be a list, not a mapping",
    ),
    edited("paths in a list", "paths:\n", "paths: []\nx-paths:\n", "paths: []", "must be a mapping, not a list"),
    edited(
        "security in a mapping",
        "security:\n  - bearerAuth: []\n  - queryKey: []\n",
        "security: {bearerAuth: []}\n",
        "security: {",
        "must be a list, not a mapping",
    ),
    edited("security of names", "  - bearerAuth: []\n", "  - bearerAuth\n", "- bearerAuth", "must be a mapping, not 'bearerAuth'"),
    edited("an empty enum", ACCOUNT, ACCOUNT + "          enum: []\n", "enum: []", "at least 1"),
    edited("a negative length", ACCOUNT, ACCOUNT + "          minItems: -1\n", "minItems: -1", "0 is the least"),
    edited(
        "additional properties in quotes",
        "      additionalProperties: false\n",
        '      additionalProperties: "no"\n',
        "additionalProperties:",
        "not 'no'",
    ),
    edited(
        "a reference that is a number",
        '$ref: "#/components/schemas/LeadInput"',
        "$ref: 7",
        "$ref: 7",
        "must be text such as '#/components/schemas/Name', not 7",
    ),
    edited(
        "a schema that holds itself",
        ACCOUNT,
        "        boss: {$ref: '#/components/schemas/CustomerInput'}\n" + ACCOUNT,
        "    CustomerInput:\n",
        "holds itself",
    ),
    edited("an unknown word of ours", "      x-action: list\n", "      x-acton: list\n", "x-acton", "did you mean 'x-action'?"),
    edited("an action that nobody knows", "      x-action: list\n", "      x-action: lits\n", "x-action: lits", "did you mean 'list'?"),
    edited(
        "a role that is no list",
        "      x-role: [administrator, staff, read-only]\n",
        "      x-role: staff\n",
        "x-role: staff",
        "must be a list of names",
    ),
    edited(
        "default answers",
        '        "200":\n          description: A page of customers.\n',
        "        default:\n          description: A page of customers.\n",
        "default:",
        "a status is a number",
    ),
    edited(
        "a name in two places",
        PAGE,
        "        - {name: page, in: header, schema: {type: integer}}\n" + PAGE,
        "    get:\n      operationId: listCustomers",
        "two parameters are called `page`",
    ),
    edited("a field of the server's", ACCOUNT, "        _paid: {type: number}\n" + ACCOUNT, "_paid", "the server's own"),
    edited(
        "an id in the path that is text",
        "      schema:\n        type: integer\n        format: int64\n        minimum: 1\n        maximum: 9007199254740991\n      example: 1\n",
        "      schema: {type: string}\n",
        "    get:\n      operationId: getCustomer",
        "type integer",
    ),
    # What a validator refuses without a place, or is not asked about.
    edited(
        "a tag twice", "tags:\n  - name: Customers\n", "tags:\n  - name: Leads\n  - name: Customers\n", "  - name: Leads\n    description", "`Leads`"
    ),
    edited("one value twice in an enum", ACCOUNT, ACCOUNT + "          enum: [a, a]\n", "enum: [a, a]", "`enum` holds something twice"),
    edited("a pattern of Python", SEARCH, SEARCH.replace("'^[^\\u0000]*$'", "'(?i)abc'"), "pattern: '(?i)abc'", "as JavaScript knows them"),
    edited("an end of Python", SEARCH, SEARCH.replace("'^[^\\u0000]*$'", "'^a\\Z'"), "pattern: '^a\\Z'", "as JavaScript knows them"),
    edited("a default between two integers", "            default: 20\n", "            default: 20.5\n", "default: 20.5", "the default does not fit"),
    edited("a multiple of nothing", ACCOUNT, ACCOUNT + "          multipleOf: 0\n", "multipleOf: 0", "must be above 0, not 0"),
    edited(
        "an exclusive bound without a bound",
        ACCOUNT,
        "        rank: {type: number, exclusiveMaximum: true}\n" + ACCOUNT,
        "rank: {type: number",
        "says nothing without `maximum`",
    ),
    edited("required false", ACCOUNT, ACCOUNT + "          required: false\n", "required: false", "leave it out, since"),
    edited("a type that is a format", ACCOUNT, ACCOUNT.replace("string", "date"), "type: date", "write `type: string` with `format: date`"),
    edited("a type of another language", ACCOUNT, ACCOUNT.replace("string", "float"), "type: float", "write `type: number` with `format: float`"),
    edited(
        "a reference for a schema of a body",
        '          application/json:\n            schema:\n              $ref: "#/components/schemas/LeadInput"\n',
        '          application/json:\n            $ref: "#/components/schemas/LeadInput"\n',
        '$ref: "#/components/schemas/LeadInput"',
        "may not stand in `application/json`: put it below `schema`",
    ),
    edited(
        "a parameter that is a schema",
        PAGE,
        "        - $ref: '#/components/schemas/LeadInput'\n" + PAGE,
        "- $ref: '#/components/schemas/LeadInput'",
        "leads to a schema, and a parameter is wanted here",
    ),
    edited("a brace that is not closed", "  /customers/{id}:\n", "  /customers/{id:\n", "/customers/{id:", "do not match"),
    edited("braces of nothing", "  /customers/{id}:\n", "  /customers/{}:\n", "/customers/{}:", "hold nothing"),
    edited("a path with a query", "  /leads:\n", "  /leads?v=1:\n", "/leads?v=1:", "with a query"),
    edited("a path with a fragment", "  /leads:\n", "  '/leads#new':\n", "'/leads#new':", "a fragment"),
    edited("a path with dots", "  /leads:\n", "  /x/../leads:\n", "/x/../leads:", "clients resolve its dots"),
    edited(
        "a comparison of another name", "comparison: eq}", "comparison: equals}", "x-filter: {field: status", "is not one of eq, ne, lt, le, gt, ge"
    ),
    edited(
        "no x-action",
        "      x-action: list\n",
        "",
        "    get:\n      operationId: listCustomers",
        "needs x-action, which says what the operation does",
    ),
    edited("no x-resource", "  /leads:\n    x-resource: leads\n", "  /leads:\n", "  /leads:", "needs x-resource, which says the collection"),
    edited(
        "a reference that is text",
        ACCOUNT,
        "        boss: {type: string, x-ref: customers}\n" + ACCOUNT,
        "boss: {type",
        "an id is a whole number, and this is of the type string",
    ),
    edited("a list that is never empty", PAGE_OF, PAGE_OF + "          minItems: 1\n", "minItems: 1", "a list is empty where no object is found"),
    edited("a list shorter than its pages", PAGE_OF, PAGE_OF.replace("100", "50"), "maxItems: 50", "at most 50"),
    edited(
        "a field of two types",
        '      required: [id, account, created_at, updated_at]\n      allOf:\n        - $ref: "#/components/schemas/CustomerInput"\n',
        '      required: [id, account, created_at, updated_at]\n      allOf:\n        - $ref: "#/components/schemas/CustomerInput"\n        - {type: object, properties: {account: {type: integer}}}\n',
        ACCOUNT,
        "of the types integer and string at once",
    ),
]
