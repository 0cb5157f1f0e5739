// SPDX-License-Identifier: EUPL-1.2

package organisation

// serviceProviderConfig tells a directory what it may use.
func serviceProviderConfig(base string) map[string]any {
	no := map[string]any{"supported": false}
	return map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":   map[string]any{"supported": true}, "etag": map[string]any{"supported": true},
		"filter": map[string]any{"supported": true, "maxResults": mostPage},
		"bulk":   map[string]any{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"sort":   no, "changePassword": no,
		"authenticationSchemes": []any{map[string]any{
			"type": "oauthbearertoken", "name": "Bearer", "description": "A key of the organisation with the scope scim", "primary": true,
		}},
		"meta": map[string]any{"resourceType": "ServiceProviderConfig", "location": base + "/ServiceProviderConfig"},
	}
}

func resourceTypes(base string) []map[string]any {
	of := func(name, path, schema string, more []any) map[string]any {
		out := map[string]any{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}, "id": name, "name": name, "endpoint": path, "schema": schema,
			"meta": map[string]any{"resourceType": "ResourceType", "location": base + "/ResourceTypes/" + name},
		}
		if more != nil {
			out["schemaExtensions"] = more
		}
		return out
	}
	return []map[string]any{
		of("User", "/Users", userSchema, []any{map[string]any{"schema": enterpriseSchema, "required": false}}),
		of("Group", "/Groups", groupSchema, nil),
	}
}

// attribute describes a text that may be read and written; more changes what differs.
func attribute(name string, more map[string]any) map[string]any {
	out := map[string]any{
		"name": name, "type": "string", "multiValued": false, "required": false, "caseExact": false, "mutability": "readWrite", "returned": "default",
		"uniqueness": "none",
	}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func schemas(base string) []map[string]any {
	of := func(id, name string, attributes ...map[string]any) map[string]any {
		return map[string]any{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, "id": id, "name": name, "attributes": attributes,
			"meta": map[string]any{"resourceType": "Schema", "location": base + "/Schemas/" + id},
		}
	}
	complexOf := func(many bool, sub ...map[string]any) map[string]any {
		return map[string]any{"type": "complex", "multiValued": many, "subAttributes": sub}
	}
	return []map[string]any{
		of(userSchema, "User",
			attribute("userName", map[string]any{"required": true, "uniqueness": "server"}),
			attribute("externalId", map[string]any{"caseExact": true}),
			attribute("displayName", nil),
			attribute("name", complexOf(false, attribute("formatted", nil), attribute("givenName", map[string]any{"returned": "never"}), attribute("familyName", map[string]any{"returned": "never"}))),
			attribute("active", map[string]any{"type": "boolean"}),
			attribute("emails", complexOf(true, attribute("value", nil), attribute("type", nil), attribute("primary", map[string]any{"type": "boolean"}))),
			attribute("groups", map[string]any{"type": "complex", "multiValued": true, "mutability": "readOnly", "subAttributes": []any{
				attribute("value", map[string]any{"mutability": "readOnly"}), attribute("display", map[string]any{"mutability": "readOnly"}),
			}})),
		of(groupSchema, "Group",
			attribute("displayName", map[string]any{"required": true, "uniqueness": "server"}),
			attribute("externalId", map[string]any{"caseExact": true}),
			attribute("members", complexOf(true, attribute("value", map[string]any{"mutability": "immutable"}), attribute("type", map[string]any{"mutability": "immutable"})))),
		of(enterpriseSchema, "EnterpriseUser", attribute("department", nil)),
	}
}
