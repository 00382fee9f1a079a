"""What the columns of a handed-over table mean, guessed from their heads in English and Chinese.

A head counts by its letters and digits alone: "Staff No.", "staff_no" and "Staff number*" are close enough to be told,
"工号 (必填)" too. A guess only fills in the form; the reader sees it and may say otherwise. The heads of Frappe HR's
Data Import (Employee, Shift Assignment, Employee Checkin; labels and field names) are among them.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What a table tells about."""

    PEOPLE = "people"
    SHIFTS = "shifts"
    PUNCHES = "punches"
    PHOTOS = "photos"  # people with their pictures, handed over together


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a column may hold; `heads` are how columns of it are called."""

    name: str
    heads: tuple[str, ...]
    required: bool = False


_NUMBER = Field(
    "number",
    (
        "number",
        "staff number",
        "staff no",
        "employee number",
        "employee no",
        "employee id",
        "employee",
        "attendance device id",
        "id",
        "badge",
        "工号",
        "员工号",
        "员工编号",
        "人员编号",
        "编号",
        "考勤号码",
        "考勤号",
        "登记号码",
    ),
    required=True,
)

FIELDS: dict[Kind, tuple[Field, ...]] = {
    Kind.PEOPLE: (
        _NUMBER,
        Field("name", ("name", "full name", "employee name", "姓名", "员工姓名", "人员姓名", "名字"), required=True),
        Field("first_name", ("first name", "given name", "名")),
        Field("last_name", ("last name", "surname", "family name", "姓")),
        Field("department", ("department", "dept", "部门", "所属部门")),
        Field("post", ("post", "position", "job title", "designation", "title", "职位", "岗位", "职务")),
        Field(
            "phone", ("phone", "mobile", "cell number", "telephone", "手机", "手机号", "手机号码", "电话", "联系电话")
        ),
        Field("mail", ("mail", "email", "e mail", "company email", "personal email", "邮箱", "电子邮箱", "邮件")),
        Field("address", ("address", "current address", "地址", "住址")),
        Field("hired", ("hired", "hire date", "date of joining", "joined", "入职日期", "入职时间")),
        Field("ends", ("ends", "end date", "contract end date", "relieving date", "合同到期", "到期日期")),
        Field(
            "identity",
            ("identity number", "id number", "passport number", "身份证", "身份证号", "身份证号码", "证件号码"),
        ),
        Field(
            "account",
            ("account", "bank account", "iban", "bank ac no", "bank account no", "银行账号", "银行卡号", "账号"),
        ),
        Field("bank", ("bank", "bank name", "bic", "开户行", "银行")),
        Field("groups", ("groups", "group", "access group", "门禁组", "分组", "组")),
    ),
    Kind.SHIFTS: (
        _NUMBER,
        Field(
            "date", ("date", "day", "start date", "from", "shift date", "日期", "开始日期", "排班日期"), required=True
        ),
        Field("until", ("until", "end date", "to", "last day", "结束日期", "截止日期")),
        Field("shift", ("shift", "shift type", "shift code", "pattern", "班次", "班次代码", "班次名称"), required=True),
    ),
    Kind.PUNCHES: (
        _NUMBER,
        Field(
            "time",
            (
                "time",
                "date time",
                "datetime",
                "timestamp",
                "punch time",
                "打卡时间",
                "考勤时间",
                "签到时间",
                "日期时间",
            ),
            required=True,
        ),
        Field("date", ("date", "day", "punch date", "日期", "打卡日期", "考勤日期")),
        Field(
            "direction",
            ("direction", "log type", "in out", "type", "方向", "进出", "进出方向", "打卡类型", "类型"),
            required=True,
        ),
        Field(
            "device",
            ("device", "device id", "location device id", "gate", "terminal", "设备", "设备号", "设备名称", "打卡地点"),
        ),
    ),
}

# Who is here already needs no name; a picture that no column names is the one called as the staff number is.
FIELDS[Kind.PHOTOS] = (
    _NUMBER,
    *(replace(field, required=False) for field in FIELDS[Kind.PEOPLE][1:]),
    Field(
        "photo",
        ("photo", "photo file", "picture", "image", "file", "file name", "照片", "照片文件", "照片文件名", "文件名"),
    ),
    Field("consent_on", ("consent", "consent date", "consented on", "agreed on", "同意日期", "同意时间", "授权日期")),
    Field("consent_how", ("consent given", "consent how", "how", "consent form", "同意方式", "授权方式")),
    Field("consent_language", ("consent language", "language", "同意语言", "语言")),
    Field("guardian", ("guardian", "parent", "监护人", "家长")),
    Field("card", ("card", "card number", "badge number", "卡号", "门禁卡号")),
)


def fields(kind: Kind) -> tuple[Field, ...]:
    return FIELDS[kind]


def guess(kind: Kind, head: Sequence[str]) -> dict[str, int]:
    """Column numbers from 0 by field: the first column whose head is one that the field is known by. A column counts
    once. The order of a field's heads decides where two columns would do."""
    known = [_plain(text) for text in head]
    found: dict[str, int] = {}
    for field in FIELDS[kind]:
        for said in field.heads:
            wanted = _plain(said)
            place = next((n for n, text in enumerate(known) if text == wanted and n not in found.values()), None)
            if place is not None:
                found[field.name] = place
                break
    return found


def missing(kind: Kind, mapping: Mapping[str, int]) -> tuple[str, ...]:
    """The fields without which nothing can be taken in. First and last name are as good as a name."""
    parts = {"first_name", "last_name"} & set(mapping)
    wanted = [field.name for field in FIELDS[kind] if field.required and field.name not in mapping]
    return tuple(name for name in wanted if not (name == "name" and parts))


def _plain(head: str) -> str:
    text = unicodedata.normalize("NFKC", head).casefold()
    text = re.sub(r"[(\[【].*?[)\]】]", "", text)
    return "".join(sign for sign in text if sign.isalnum())
